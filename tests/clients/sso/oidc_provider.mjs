// An OpenID provider for tests on loopback: npm oidc-provider with its own login page. ISSUER is its address, REDIRECT_URIS
// those of its one client, by commas, BACKCHANNEL_LOGOUT where it tells that somebody logged out. Says "ready" when it listens.
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

const modules = createRequire(`${process.env.VESTIBULE_CLIENTS_NODE_MODULES}/`);
const {Provider} = await import(pathToFileURL(modules.resolve('oidc-provider')));

const issuer = new URL(process.env.ISSUER);
const client = {
    client_id: 'vestibule',
    client_secret: 'a-secret-of-the-test-client',
    redirect_uris: process.env.REDIRECT_URIS.split(','),
    grant_types: ['authorization_code'],
    response_types: ['code'],
};
if (process.env.BACKCHANNEL_LOGOUT) {
    client.backchannel_logout_uri = process.env.BACKCHANNEL_LOGOUT;
    client.backchannel_logout_session_required = true;
}
const provider = new Provider(issuer.href.replace(/\/$/, ''), {
    clients: [client],
    claims: {openid: ['sub'], profile: ['preferred_username']},
    conformIdTokenClaims: false,
    features: {backchannelLogout: {enabled: true}},
    findAccount: (_, id) => ({accountId: id, claims: () => ({sub: id, preferred_username: id})}),
    cookies: {keys: ['only-for-tests']},
    // Its own asks nobody on loopback.
    fetch: (url, options) => fetch(url, {...options, dispatcher: undefined}),
    pkce: {required: () => true},
});
provider.on('server_error', (_, error) => console.error(error));
provider.listen(Number(issuer.port), issuer.hostname, () => console.log('ready'));
