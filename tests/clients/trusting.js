// Runs a driver once more with the certificates of the server under test: Node reads that variable when it starts, as it does for
// any integrator. The first call does not come back.
'use strict';

const {spawnSync} = require('child_process');

/** `limitMs`: how long the driver may take. */
function trusting(file, limitMs) {
    if (process.env.NODE_EXTRA_CA_CERTS === process.env.VESTIBULE_CA) {
        return;
    }
    const {status} = spawnSync(process.execPath, [file], {
        env: {...process.env, NODE_EXTRA_CA_CERTS: process.env.VESTIBULE_CA, NODE_NO_WARNINGS: '1'},
        stdio: 'inherit',
        timeout: limitMs,
        killSignal: 'SIGKILL',
    });
    process.exit(status === null ? 1 : status);
}

module.exports = {trusting};
