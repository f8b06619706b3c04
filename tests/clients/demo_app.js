// The requests of LivePerson's demo application for its connector API (repository LivePersonInc/lp-demo-app-connector-api), letter by
// letter, by the HTTP client that it uses (npm node-rest-client 3.1.1, unmodified). The application itself is in no package registry, so
// its own code is not what runs here: what it sends was read there, and is written down again.
// Shows: domains over http, a login without a version, `app/token` with everything in the query, an empty body and whatever
// Content-Type the application's own page came with; the status and its reason of wrong credentials.
'use strict';

const {trusting} = require('./trusting.js');
trusting(__filename, 30_000);

const assert = require('assert');
const path = require('path');
require('./loopback.js');

const {Client} = require(path.join(process.env.VESTIBULE_CLIENTS_NODE_MODULES, 'node-rest-client'));

const BRAND = '12345678';
const CLIENT_ID = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const SECRET = 'demo-client-secret';
const client = new Client();

/** One request: the data that the client reads of the answer, and the answer. */
function ask(method, url, args) {
    return new Promise((resolve, reject) => {
        client[method](url, args, (data, answer) => resolve([data, answer])).on('error', reject);
    });
}

async function domains() {
    const [{baseURIs}, {statusCode}] = await ask('get',
        `${process.env.VESTIBULE_HTTP}/api/account/${BRAND}/service/baseURI.json?version=1.0`, {});
    assert.strictEqual(statusCode, 200);
    return (service) => baseURIs.filter((domain) => domain.service === service)[0].baseURI;
}

async function login(domain) {
    const args = {headers: {'content-type': 'application/json'}, data: JSON.stringify({username: 'name', password: 'password'})};
    const [user, {statusCode}] = await ask('post', `https://${domain}/api/account/${BRAND}/login`, args);
    assert.strictEqual(statusCode, 200, JSON.stringify(user));
    assert.match(user.bearer, /^[0-9a-f]{64}$/);
    assert.strictEqual(typeof user.config.isAdmin, 'boolean', JSON.stringify(user.config));
}

/** As the newer code has it: the parameters apart, which the client puts into the query. */
function token(domain, contentType, secret) {
    return ask('post', `https://${domain}/sentinel/api/account/${BRAND}/app/token`, {
        headers: {'content-type': contentType},
        parameters: {v: '1.0', grant_type: 'client_credentials', client_id: CLIENT_ID, client_secret: secret},
    });
}

/** As the older code has it: all in the address, and no header of its own. */
function olderToken(domain) {
    const query = `v=1.0&grant_type=client_credentials&client_id=${CLIENT_ID}&client_secret=${SECRET}`;
    return ask('post', `https://${domain}/sentinel/api/account/${BRAND}/app/token?${query}`, {});
}

function expectToken([data, {statusCode}], what) {
    assert.strictEqual(statusCode, 200, `${what}: ${JSON.stringify(data)}`);
    assert.strictEqual(data.token_type, 'Bearer', what);
    const claims = JSON.parse(Buffer.from(data.access_token.split('.')[1], 'base64url'));
    assert.strictEqual(claims.aud, BRAND, what);
    assert.strictEqual(claims.azp, CLIENT_ID, what);
}

async function main() {
    const domainOf = await domains();
    await login(domainOf('agentVep'));
    const sentinel = domainOf('sentinel');
    for (const contentType of ['application/json', 'application/x-www-form-urlencoded', 'text/plain;charset=UTF-8']) {
        expectToken(await token(sentinel, contentType, SECRET), contentType);
    }
    expectToken(await olderToken(sentinel), 'without a Content-Type');
    const [, refused] = await token(sentinel, 'application/json', 'wrong');
    assert.strictEqual(refused.statusCode, 401);
    // What the application shows its user.
    assert.strictEqual(refused.statusMessage, 'Unauthorized');
    console.log('ok: the requests of the demo application');
}

main().then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
});
