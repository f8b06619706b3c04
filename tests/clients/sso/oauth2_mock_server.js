// npm oauth2-mock-server as the OpenID provider of a connection: logins by the browser and by `POST /session/login/sso`, with an
// ID token or with name and password, and every flaw that its tokens can be given. Each is refused both ways, the audit says by
// which check under the id that was told, and a test of the connection says the same.
'use strict';

const {trusting} = require('../trusting.js');
trusting(__filename, 50_000);

const assert = require('assert');
const {randomUUID} = require('crypto');
const path = require('path');
const {pathToFileURL} = require('url');
const {Browser} = require('../browser.js');
require('../loopback.js');

const MODULE = path.join(process.env.VESTIBULE_CLIENTS_NODE_MODULES, 'oauth2-mock-server', 'dist', 'index.mjs');
const {VESTIBULE_ADMIN, VESTIBULE_HTTPS} = process.env;
const ACCOUNT = '12345678';
const APPLICATION_TOKEN = 'a0009999bcbc00001111000000000000';
const CLIENT_ID = 'vestibule';
const USER = 'name';

/** Seconds since 1970. */
const now = () => Math.floor(Date.now() / 1_000);

// By the API the connection is found by issuer and client.
const OF_NOBODY = {check: undefined, reason: 'no-connection'};

// What is wrong with a token, and the check that finds it.
const FLAWS = [
    {what: 'for another client', check: 'audience', claims: () => ({aud: 'another'}), byApi: OF_NOBODY},
    {what: 'for several, given to another', check: 'audience', claims: () => ({aud: [CLIENT_ID, 'another'], azp: 'another'})},
    {what: 'ended two minutes ago', check: 'time', claims: () => ({iat: now() - 3_720, nbf: now() - 3_720, exp: now() - 120})},
    {what: 'valid in two minutes', check: 'time', claims: () => ({nbf: now() + 120})},
    {what: 'without a signature', check: 'algorithm', token: (token) => unsigned(token)},
    {what: 'with another payload', check: 'signature', token: (token) => forged(token)},
    {what: 'of another issuer', check: 'issuer', claims: () => ({iss: 'https://another.example'}), byApi: OF_NOBODY},
    {what: 'naming nobody', check: 'subject', claims: () => ({sub: ''})},
    {what: 'without the login name', check: 'user', claims: () => ({preferred_username: undefined})},
];

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (part) => JSON.parse(Buffer.from(part, 'base64url'));

function unsigned(token) {
    return `${encoded({alg: 'none', typ: 'JWT'})}.${token.split('.')[1]}.`;
}

function forged(token) {
    const [header, payload, signature] = token.split('.');
    return [header, encoded({...decoded(payload), preferred_username: 'agent1'}), signature].join('.');
}

/** The provider: what its next ID tokens say besides, and what becomes of them after they are signed. */
class Provider {
    constructor(OAuth2Server) {
        this.OAuth2Server = OAuth2Server;
        this.right();
    }

    right() {
        this.flaw = {};
    }

    /** Starts it with keys of its own; a second time: where it was, with other keys. */
    async start() {
        const port = this.server ? this.server.address().port : 0;
        await (this.server && this.server.stop());
        this.server = new this.OAuth2Server();
        await this.server.issuer.keys.generate('RS256');
        await this.server.start(port, '127.0.0.1');
        this.server.service.on('beforeTokenSigning', ({payload}) => Object.assign(payload, this.claims()));
        this.server.service.on('beforeResponse', ({body}) => {
            const change = this.flaw.token || ((token) => token);
            body.id_token = change(body.id_token);
        });
    }

    get issuer() {
        return this.server.issuer.url;
    }

    claims() {
        // Two of one second are not the same, which would count once.
        return {jti: randomUUID(), preferred_username: USER, ...(this.flaw.claims && this.flaw.claims())};
    }

    /** An ID token as it gives one to a program; `kid` is the key that signs it. */
    async token(kid) {
        const said = (_, payload) => Object.assign(payload, {aud: CLIENT_ID, sub: 'johndoe', ...this.claims()});
        const token = await this.server.issuer.buildToken({scopesOrTransform: said, kid});
        return this.flaw.token ? this.flaw.token(token) : token;
    }
}

class Administrator {
    async logIn() {
        const {token} = await this.ask('POST', '/login', {username: 'admin', password: 'admin-password'});
        this.token = token;
    }

    async ask(method, place, body) {
        const headers = {'content-type': 'application/json', 'if-match': '*', ...(this.token && {authorization: `Bearer ${this.token}`})};
        const answer = await fetch(`${VESTIBULE_ADMIN}/admin/v1${place}`, {method, headers, body: body && JSON.stringify(body)});
        const text = await answer.text();
        assert(answer.ok, `${method} ${place}: ${answer.status} ${text}`);
        return text && JSON.parse(text);
    }

    /** What the audit says of refusals by their ids. They are written some seconds later, together. */
    async refusals(ids) {
        let found;
        for (let tries = 0; tries < 100; tries++) {
            const {entries} = await this.ask('GET', `/audit?account=${ACCOUNT}&action=log-in-refused&limit=100`);
            found = new Map(entries.map((entry) => [entry.details.refusal, entry]));
            if (ids.every((id) => found.has(id))) {
                return found;
            }
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error(`the audit has not ${ids.filter((id) => !found.has(id))} among ${JSON.stringify([...found.values()])}`);
    }
}

/** Logs in by the browser. Answers the last answer, whose `url` is where the browser came to. */
async function byBrowser(connection) {
    const browser = new Browser();
    let [here, answer] = [connection.login_address, null];
    for (let step = 0; step < 8; step++) {
        answer = await browser.ask(here);
        const location = answer.headers.get('location');
        if (!location) {
            break;
        }
        here = new URL(location, here).href;
    }
    return {url: here, status: answer.status, text: await answer.text(), refusal: answer.headers.get('x-vestibule-refusal')};
}

/** What a program shows: an ID token, or a name and password for the provider. */
async function byApi(shown) {
    const body = typeof shown === 'string' ? {idToken: shown} : shown;
    const answer = await fetch(`${VESTIBULE_HTTPS}/session/login/sso`, {
        method: 'POST',
        headers: {'content-type': 'application/json', 'lv-access': APPLICATION_TOKEN},
        body: JSON.stringify({clientName: 'DEMO', ...body}),
    });
    const text = await answer.text();
    return {status: answer.status, body: text && JSON.parse(text), refusal: answer.headers.get('x-vestibule-refusal')};
}

async function expectIn(connection, what) {
    const reached = await byBrowser(connection);
    assert.strictEqual(reached.status, 200, `${what}: ${reached.text}`);
    assert.strictEqual(new URL(reached.url).pathname, `/me/${ACCOUNT}/`, what);
    assert(reached.text.includes(USER), reached.text);
}

/** Everybody who was refused, and what the audit has to say of it. */
const refusals = [];

/** Somebody was refused, and was told the id of the refusal alone. */
function expectRefused(refused, {what, check, reason = 'assertion-refused'}) {
    assert([401, 403].includes(refused.status), `${what}: ${refused.status} ${refused.text}`);
    assert.match(refused.refusal || '', /^[0-9a-f]{16}$/, what);
    if (refused.text) {
        assert(refused.text.includes(refused.refusal), `${what}: the page does not tell the id: ${refused.text}`);
    }
    refusals.push({what, check, reason, id: refused.refusal});
}

/** The audit says why, under each id. */
async function expectTold(administrator) {
    const entries = await administrator.refusals(refusals.map(({id}) => id));
    for (const {what, check, reason, id} of refusals) {
        const told = entries.get(id);
        assert.strictEqual(told.reason, reason, `${what}: ${JSON.stringify(told)}`);
        assert.strictEqual(told.details.check, check, `${what}: ${JSON.stringify(told)}`);
        assert(told.details.why, `${what}: ${JSON.stringify(told)}`);
        console.log(`ok: ${what}: ${check || reason}: ${told.details.why}`);
    }
}

/** A test of the connection through a browser, which has the refusal of a login, or none. */
async function expectTested(administrator, connection, {what, check}) {
    const tests = `/accounts/${ACCOUNT}/connections/${connection.id}/tests`;
    const {id, login_address} = await administrator.ask('POST', tests);
    const {text} = await byBrowser({login_address});
    const {report} = await administrator.ask('GET', `${tests}/${id}`);
    const refused = report.checks.filter(({refusal}) => refusal);
    assert.deepStrictEqual(refused.map((one) => one.check), check ? [check] : [], `${what}: ${JSON.stringify(report)}`);
    assert.strictEqual(report.taken, !check, what);
    assert(text.includes(check ? `${check}: ` : `This would sign in ${USER}`), `${what}: ${text}`);
    assert(refused.every(({fix}) => fix), `${what}: ${JSON.stringify(refused)}`);
}

async function flaws(administrator, provider, connection) {
    for (const flaw of FLAWS) {
        provider.flaw = flaw;
        expectRefused(await byBrowser(connection), {...flaw, what: `${flaw.what}, in the browser`});
        await expectTested(administrator, connection, flaw);
        expectRefused(await byApi(await provider.token()), {...flaw, ...flaw.byApi, what: `${flaw.what}, by the API`});
    }
    // There is no attempt of a browser where a program shows a token: any nonce will do, and none.
    for (const claims of [() => ({nonce: undefined}), () => ({nonce: 'of another attempt'})]) {
        provider.flaw = {claims};
        expectRefused(await byBrowser(connection), {what: 'a wrong nonce', check: 'nonce'});
        assert.strictEqual((await byApi(await provider.token())).status, 200);
    }
    await expectTested(administrator, connection, {what: 'a wrong nonce', check: 'nonce'});
    provider.right();
    await expectTested(administrator, connection, {what: 'nothing wrong'});
}

/** A key that comes beside the old one is read when a token names it: once a minute, so before any flaw has that done. */
async function newKey(provider) {
    const [before] = provider.server.issuer.keys.toJSON();
    const added = await provider.server.issuer.keys.generate('RS256');
    assert.strictEqual((await byApi(await provider.token(added.kid))).status, 200, 'a key that came');
    assert.strictEqual((await byApi(await provider.token(before.kid))).status, 200, 'the key before');
}

/** A name and password are given to the provider where the connection says so. */
async function byPassword(administrator, connection) {
    const shown = {userName: USER, password: 'at-the-provider'};
    assert.strictEqual((await byApi(shown)).status, 401, 'before the connection allows it');
    const place = `/accounts/${ACCOUNT}/connections/${connection.id}`;
    const {oidc} = await administrator.ask('GET', place);
    await administrator.ask('PATCH', place, {oidc: {...oidc, password_grant: true}});
    const answer = await byApi(shown);
    assert.strictEqual(answer.status, 200, JSON.stringify(answer));
}

/** All keys are exchanged at once, and an operator has them read. */
async function otherKeys(administrator, provider, connection) {
    const old = await provider.token();
    await provider.start();
    await administrator.ask('POST', `/accounts/${ACCOUNT}/connections/${connection.id}/refresh`);
    await expectIn(connection, 'after all keys were exchanged');
    expectRefused(await byApi(old), {what: 'by a key that is the provider\'s no longer', check: 'signature'});
}

async function main() {
    const {OAuth2Server} = await import(pathToFileURL(MODULE));
    const [provider, administrator] = [new Provider(OAuth2Server), new Administrator()];
    await provider.start();
    await administrator.logIn();
    const connection = await administrator.ask('POST', `/accounts/${ACCOUNT}/connections`, {
        name: 'mock',
        oidc: {issuer: provider.issuer, client_id: CLIENT_ID, scopes: ['profile']},
    });
    await expectIn(connection, 'a login by the browser');
    const token = await provider.token();
    const answer = await byApi(token);
    assert.strictEqual(answer.status, 200, JSON.stringify(answer));
    assert(answer.body.sessionId && !('daysUntilPasswordExpires' in answer.body), JSON.stringify(answer.body));
    assert.strictEqual((await byApi(token)).status, 401, 'a token was taken twice');
    await newKey(provider);
    await flaws(administrator, provider, connection);
    await byPassword(administrator, connection);
    await otherKeys(administrator, provider, connection);
    await expectTold(administrator);
    await provider.server.stop();
}

main().then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
});
