// Better Auth with a SQLite file; PEER_COOKIE_CACHE, in seconds, turns its cookie cache on.
'use strict';

const path = require('path');
const {load, serve, MODULES} = require('./serve.js');
const Database = load('better-sqlite3');

/** Its modules are of the newer kind alone. */
const module_ = (file) => import(path.join(MODULES, 'better-auth/dist', file));

async function main() {
    const [{betterAuth}, {getMigrations}, {toNodeHandler}] =
        await Promise.all(['index.mjs', 'db/get-migration.mjs', 'integrations/node.mjs'].map(module_));
    const options = {
        baseURL: `http://${process.env.PEER_ADDRESS}`,
        secret: 'a secret of the bench, as long as it has to be',
        database: new Database(path.join(process.env.PEER_FOLDER, 'better-auth.db')),
        emailAndPassword: {enabled: true},
        rateLimit: {enabled: false},
        telemetry: {enabled: false},
        session: {cookieCache: {enabled: Boolean(process.env.PEER_COOKIE_CACHE), maxAge: Number(process.env.PEER_COOKIE_CACHE || 0)}},
    };
    await (await getMigrations(options)).runMigrations();
    serve(toNodeHandler(betterAuth(options)));
}

main();
