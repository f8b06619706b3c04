// Drives openid-client for Node (npm openid-client, certified by the OpenID Foundation), unmodified.
// Shows: discovery of an account's provider, the code flow with PKCE, state and nonce through the login page, an ID token that
// it takes, userinfo, a refresh, revocation, tokens in the name of a client, and introspection and revocation by a resource server; a
// code that is shown again is refused, and the session that it opened ends.
'use strict';

const {trusting} = require('./trusting.js');
trusting(__filename, 50_000);

const assert = require('assert');
const path = require('path');
const {pathToFileURL} = require('url');
require('./loopback.js');
const {authorize} = require('./browser.js');

const MODULE = path.join(process.env.VESTIBULE_CLIENTS_NODE_MODULES, 'openid-client', 'build', 'index.js');
const ISSUER = `${process.env.VESTIBULE_HTTPS}/sentinel/api/account/12345678`;
const REVOKE = `${process.env.VESTIBULE_HTTPS}/oauth2/revoke`;
const CLIENT = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const SECRET = 'demo-client-secret';
// What is shown such a token.
const API = '9f8e7d6c5b4a39281706f5e4d3c2b1a0';
const API_SECRET = 'demo-resource-server-secret';
const BACK = 'http://127.0.0.1:9099/callback';

async function check(bearer) {
    const answer = await fetch(`${process.env.VESTIBULE_HTTPS}/gateway/check`, {headers: {authorization: `Bearer ${bearer}`}});
    return answer.status;
}

async function flow(oidc, authentication) {
    const configuration = await oidc.discovery(new URL(ISSUER), CLIENT, undefined, authentication);
    assert.strictEqual(configuration.serverMetadata().issuer, ISSUER);
    const verifier = oidc.randomPKCECodeVerifier();
    const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
    const sent = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: BACK,
        scope: 'openid profile',
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
    });
    const back = await authorize(sent.href, 'name', 'password');
    const expected = {pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true};
    const tokens = await oidc.authorizationCodeGrant(configuration, back, expected);
    const claims = tokens.claims();
    assert.strictEqual(claims.iss, ISSUER);
    assert.strictEqual(claims.preferred_username, 'name');
    assert.strictEqual(await check(tokens.access_token), 200);
    const user = await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub);
    assert.strictEqual(user.sub, claims.sub);
    const refreshed = await oidc.refreshTokenGrant(configuration, tokens.refresh_token);
    assert.strictEqual(refreshed.access_token, tokens.access_token);
    return {configuration, back, expected, tokens};
}

/** A resource server finds out what tokens are that it is shown, and ends a session. */
async function resourceServer(oidc) {
    const {configuration, tokens} = await flow(oidc, oidc.ClientSecretBasic(SECRET));
    const api = await oidc.discovery(new URL(ISSUER), API, undefined, oidc.ClientSecretBasic(API_SECRET));
    const told = await oidc.tokenIntrospection(api, tokens.access_token);
    assert.strictEqual(told.active, true);
    assert.deepStrictEqual([told.username, told.client_id, told.aud], ['name', CLIENT, '12345678']);
    const own = await oidc.clientCredentialsGrant(configuration, {scope: 'demo.read'});
    assert.strictEqual((await oidc.tokenIntrospection(api, own.access_token)).scope, 'demo.read');
    await assert.rejects(oidc.tokenIntrospection(configuration, tokens.access_token));
    await oidc.tokenRevocation(new oidc.Configuration({...api.serverMetadata(), revocation_endpoint: REVOKE}, API, API_SECRET), tokens.access_token);
    assert.deepStrictEqual(await oidc.tokenIntrospection(api, tokens.access_token), {active: false});
    assert.strictEqual(await check(tokens.access_token), 401);
}

async function main() {
    const oidc = await import(pathToFileURL(MODULE));
    const revoked = await flow(oidc, oidc.ClientSecretBasic(SECRET));
    await oidc.tokenRevocation(revoked.configuration, revoked.tokens.refresh_token);
    assert.strictEqual(await check(revoked.tokens.access_token), 401);

    const stolen = await flow(oidc, oidc.ClientSecretPost(SECRET));
    const again = oidc.authorizationCodeGrant(stolen.configuration, stolen.back, stolen.expected);
    await assert.rejects(again, (error) => error.error === 'invalid_grant');
    assert.strictEqual(await check(stolen.tokens.access_token), 401);

    const own = await oidc.clientCredentialsGrant(stolen.configuration, {scope: 'demo.read'});
    assert.strictEqual(own.expires_in, 3600);
    assert.strictEqual(own.access_token.split('.').length, 3);
    await resourceServer(oidc);
    console.log('ok: openid-client');
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
