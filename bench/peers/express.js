// Express with express-session, its sessions in Redis. Answers 200 to /check where a user is signed in, else 401.
'use strict';

const {load, serve} = require('./serve.js');
const express = load('express');
const session = load('express-session');
const {RedisStore} = load('connect-redis');
const {createClient} = load('redis');

async function main() {
    const client = await createClient({url: `redis://${process.env.PEER_REDIS}`}).connect();
    const app = express();
    app.use(session({store: new RedisStore({client}), secret: 'of the bench', resave: false, saveUninitialized: false}));
    app.post('/login', (request, response) => {
        request.session.user = 'name';
        response.json({});
    });
    app.post('/logout', (request, response) => request.session.destroy(() => response.json({})));
    app.get('/check', (request, response) => {
        const {user} = request.session;
        response.status(user ? 200 : 401).json(user ? {user} : {});
    });
    serve(app);
}

main();
