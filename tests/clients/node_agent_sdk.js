// Drives the LivePerson agent SDK for Node (npm node-agent-sdk), unmodified.
// Shows: the SDK reads the domains, logs in by password and by application key, keeps its session alive by refreshing,
// carries the bearer to messaging, notices that its session was ended (error 401), and gets back by reconnect().
//
// Messaging itself is a stub WebSocket server on loopback. The SDK is led there by its own `agent` option, so that
// neither the SDK nor the server's domain list has to be changed for the test.
//
// With VESTIBULE_ASSERTION, a response of an identity provider in base64, it logs in by that instead.
'use strict';

const OVERALL_LIMIT_MS = 55_000;
const {trusting} = require('./trusting.js');
process.env.VESTIBULE_ROUTES = JSON.stringify([{host: '*.liveperson.net:443', port: Number(new URL(process.env.VESTIBULE_HTTPS).port)}]);
trusting(__filename, OVERALL_LIMIT_MS + 3_000);

const assert = require('assert');
const {once} = require('events');
const https = require('https');
const net = require('net');
const path = require('path');
const {seen} = require('./loopback.js');

const npm = (name) => require(path.join(process.env.VESTIBULE_CLIENTS_NODE_MODULES, name));
const {Agent: AgentSDK} = npm('node-agent-sdk');
const WebSocket = npm('ws');

/** Whoever the driver has to be: the demo account's unless VESTIBULE_CREDENTIALS says otherwise. */
const given = JSON.parse(process.env.VESTIBULE_CREDENTIALS || '{}');
const ACCOUNT = given.account || '12345678';
const REFRESH_EVERY_MS = 300;
const STEP_LIMIT_MS = 10_000;
const base = `${process.env.VESTIBULE_HTTPS}/api/account/${ACCOUNT}`;

const password = given.password || {username: 'name', password: 'password'};
const applicationKey = given.applicationKey || {
    username: 'bot',
    appKey: '0123456789abcdef0123456789abcdef',
    secret: '0123456789abcdef',
    accessToken: 'fedcba9876543210fedcba9876543210',
    accessTokenSecret: 'fedcba9876543210',
};

/** A messaging server that remembers the URLs at which it was opened. */
async function startMessagingStub() {
    const opened = [];
    const server = new WebSocket.Server({host: '127.0.0.1', port: 0});
    server.on('connection', (socket) => opened.push({host: socket.upgradeReq.headers.host, url: socket.upgradeReq.url}));
    await once(server, 'listening');
    const {port} = server._server.address();
    const agent = new https.Agent();
    agent.createConnection = () => net.connect({host: '127.0.0.1', port});
    return {opened, agent};
}

/** The SDK with a session, connected to the stub. `errors` is what it emitted since. */
async function connect(messaging, credentials) {
    const sdk = new AgentSDK({
        accountId: ACCOUNT,
        csdsDomain: new URL(process.env.VESTIBULE_HTTPS).host,
        refreshSessionInterval: REFRESH_EVERY_MS,
        agent: messaging.agent,
        ...credentials,
    });
    const errors = [];
    sdk.on('error', (error) => errors.push(error));
    await step('connected', once(sdk, 'connected'), errors);
    return {sdk, errors};
}

function step(what, promise, errors = []) {
    const limit = new Promise((_, reject) => setTimeout(() =>
        reject(new Error(`expected "${what}" within ${STEP_LIMIT_MS} ms; errors: ${errors}; requests: ${JSON.stringify(seen, null, 2)}`)),
    STEP_LIMIT_MS).unref());
    return Promise.race([promise, limit]);
}

async function until(what, check, errors) {
    let going = true;
    const checks = (async () => {
        while (going && !check()) await new Promise((resolve) => setTimeout(resolve, 20));
    })();
    await step(what, checks, errors).finally(() => { going = false; });
}

/** Waits for two more refreshes that the SDK made by itself, and looks at their status. */
async function keepsAlive({errors}) {
    const from = seen.length;
    const refreshes = () => seen.slice(from).filter((request) => request.path.includes('/refresh'));
    await until('two refreshes', () => refreshes().length >= 2, errors);
    assert.deepStrictEqual(refreshes().slice(0, 2).map(({status}) => status), [200, 200], 'status of the refreshes');
    assert.deepStrictEqual(errors.map(String), [], 'errors of the SDK while its session is alive');
}

function carriesBearer(messaging, {sdk}) {
    assert.match(sdk.token, /^[0-9a-f]{64}$/, `expected a bearer of 64 hex characters, came ${sdk.token}`);
    assert.match(sdk.agentId, /^[0-9a-f-]{36}$/, `expected config.userPid as agentId, came ${sdk.agentId}`);
    assert.match(sdk.userId, /^\d+$/, `expected config.userId of digits, came ${sdk.userId}`);
    const {host, url} = messaging.opened[messaging.opened.length - 1];
    assert.strictEqual(url, `/ws_api/account/${ACCOUNT}/messaging/brand/${sdk.token}?v=2.1`, 'URL of the WebSocket');
    return host;
}

/** The session is gone: the next refresh is a 401, the SDK says so, and reconnect() gets a new session. */
async function recovers(messaging, client) {
    const {sdk, errors} = client;
    const oldBearer = sdk.token;
    await until('an error event after the session was ended', () => errors.length > 0, errors);
    assert.strictEqual(errors[0].code, 401, `expected the SDK's error 401, came ${errors[0]}`);
    errors.length = 0;
    sdk.reconnect();
    await step('connected again', once(sdk, 'connected'), errors);
    assert.notStrictEqual(sdk.token, oldBearer, 'a new login must bring a new bearer');
    carriesBearer(messaging, client);
}

function lastLogin() {
    return seen.filter((request) => request.path.includes('/login')).pop();
}

async function post(operation, headers, body) {
    const answer = await fetch(`${base}/${operation}?v=1.3`, {
        method: 'POST',
        headers: {'content-type': 'application/json', ...headers},
        body: JSON.stringify(body),
    });
    assert.strictEqual(answer.status, 200, `${operation} beside the SDK: expected 200, came ${answer.status} ${await answer.text()}`);
}

async function scenario(what, messaging, credentials, endSession) {
    const client = await connect(messaging, credentials);
    const host = carriesBearer(messaging, client);
    await keepsAlive(client);
    await endSession(client.sdk);
    await recovers(messaging, client);
    await keepsAlive(client);
    client.sdk.dispose();
    console.log(`ok: ${what}: login, refreshes, 401, login again, refreshes; messaging host ${host}`);
}

/** A refused login reaches the SDK's user as text, which needs the flat shape of the error. */
async function refused() {
    const sdk = new AgentSDK({
        ...applicationKey,
        secret: 'ffffffffffffffff',
        accountId: ACCOUNT,
        csdsDomain: new URL(process.env.VESTIBULE_HTTPS).host,
    });
    const [error] = await step('an error event', new Promise((resolve) => sdk.on('error', (...args) => resolve(args))));
    sdk.dispose();
    assert.strictEqual(lastLogin().status, 401, `login with a wrong secret: expected 401, came ${lastLogin().status}`);
    assert.ok(error.message && error.message !== '[object Object]', `expected the error's text, came ${error.message}`);
    console.log(`ok: a wrong secret: 401, "${error.message}"`);
}

/** An assertion logs in once: what the SDK does with it afterwards ends in an error that says so. */
async function byAssertion(messaging, assertion) {
    const client = await connect(messaging, {assertion});
    carriesBearer(messaging, client);
    await keepsAlive(client);
    client.sdk.reconnect();
    await until('an error event after the assertion was shown twice', () => client.errors.length > 0, client.errors);
    assert.strictEqual(lastLogin().status, 401, `a second login: expected 401, came ${lastLogin().status}`);
    client.sdk.dispose();
    console.log(`ok: assertion: login, refreshes; a second time 401, "${client.errors[0].message}"`);
}

async function main() {
    const messaging = await startMessagingStub();
    if (process.env.VESTIBULE_ASSERTION) {
        await byAssertion(messaging, process.env.VESTIBULE_ASSERTION);
        return;
    }
    await scenario('password, ended by another login', messaging, password, () => post('login', {}, password));
    await scenario('application key, ended by logout', messaging, applicationKey,
        (sdk) => post('logout', {cookie: sdk.jar.getCookieString(`https://${lastLogin().host}/`)}, {csrf: sdk.csrf}));
    await refused();
}

function leave(code, reason) {
    if (reason) console.error(`FAILED node-agent-sdk: ${reason.stack || reason}`);
    process.exit(code);
}

setTimeout(() => leave(1, `not done after ${OVERALL_LIMIT_MS} ms; requests: ${JSON.stringify(seen)}`), OVERALL_LIMIT_MS);
main().then(() => leave(0), (error) => leave(1, error));
