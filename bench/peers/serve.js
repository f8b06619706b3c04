// What the peers share: where their modules are, and that they listen where bench/peers.py says.
'use strict';

const http = require('http');
const path = require('path');

const MODULES = process.env.PEER_NODE_MODULES;

const load = (name) => require(path.join(MODULES, name));

function serve(handler) {
    const [host, port] = process.env.PEER_ADDRESS.split(':');
    http.createServer(handler).listen(Number(port), host);
}

module.exports = {MODULES, load, serve};
