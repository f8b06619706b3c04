// Drives the client of LivePerson Functions for Node (npm liveperson-functions-client), unmodified, as far as it gets tokens.
// Shows: it finds the sentinel in the domains, gets a token in its own name at `app/token?v=2.0`, reads its end, and asks no
// second time while the token is good.
'use strict';

const {trusting} = require('./trusting.js');
trusting(__filename, 50_000);

const assert = require('assert');
const path = require('path');
const {seen} = require('./loopback.js');

const CLIENT = path.join(process.env.VESTIBULE_CLIENTS_NODE_MODULES, 'liveperson-functions-client');
const {AppJwtAuthentication} = require(path.join(CLIENT, 'build', 'src', 'helper', 'appJwtAuthentication.js'));

async function getCsdsEntry(account, service) {
    const path = `/api/account/${account}/service/${service}/baseURI.json?version=1.0`;
    const answer = await fetch(process.env.VESTIBULE_HTTPS + path);
    return (await answer.json()).baseURI;
}

async function main() {
    const client = new AppJwtAuthentication({
        accountId: '12345678',
        clientId: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
        clientSecret: 'demo-client-secret',
        getCsdsEntry,
    });
    const header = await client.getHeader();
    const claims = JSON.parse(Buffer.from(header.split('.')[1], 'base64url'));
    assert.strictEqual(claims.aud, '12345678');
    assert.strictEqual(claims.iss, 'Sentinel');
    assert.strictEqual(await client.getHeader(), header);
    const asked = seen.filter(({path}) => path.includes('app/token'));
    assert.strictEqual(asked.length, 1, JSON.stringify(asked));

    const wrong = new AppJwtAuthentication({...client, accountId: '12345678', clientId: client.clientId, clientSecret: 'wrong', getCsdsEntry});
    await assert.rejects(wrong.getHeader());
    console.log('ok: liveperson-functions-client');
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
