// oidc-provider with the adapter that it brings (memory), introspection and revocation, and a client that gets opaque tokens.
'use strict';

const path = require('path');
const {serve, MODULES} = require('./serve.js');

async function main() {
    const {Provider} = await import(path.join(MODULES, 'oidc-provider/lib/index.js'));
    const provider = new Provider(`http://${process.env.PEER_ADDRESS}`, {
        clients: [{client_id: 'bench', client_secret: 'bench-secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: []}],
        features: {
            clientCredentials: {enabled: true},
            introspection: {enabled: true},
            revocation: {enabled: true},
            devInteractions: {enabled: false},
        },
        ttl: {ClientCredentials: 3600},
    });
    serve(provider.callback());
}

main();
