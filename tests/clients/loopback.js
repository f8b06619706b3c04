// Keeps a Node client on this machine, without touching the client's own code.
// Loaded by `node --require` (or `require`) before the client. It owns three things, all in the client's process:
//   1. hosts the client has fixed in its source are sent to loopback ports (VESTIBULE_ROUTES);
//   2. any other connection that would leave the machine is refused;
//   3. every HTTP request that got its answer is written down, so that a driver can say what really happened.
// It must not change what is sent: method, path, headers and body stay the client's.
//
// VESTIBULE_ROUTES is JSON, first match wins: [{"host": "*.liveperson.net:443", "port": 41234, "plain": false}].
// "plain" ends the client's TLS here, so that a stub of another service needs no certificate.
// VESTIBULE_SEEN is a file: one JSON object per answered request.
'use strict';

const diagnostics = require('diagnostics_channel');
const fs = require('fs');
const net = require('net');
const tls = require('tls');

const routes = JSON.parse(process.env.VESTIBULE_ROUTES || '[]');
const seen = [];

function routeFor(host, port) {
    const wanted = `${host}:${port}`;
    return routes.find(({host: pattern}) =>
        pattern.startsWith('*') ? wanted.endsWith(pattern.slice(1)) : wanted === pattern);
}

function isLoopback(host) {
    return !host || host === 'localhost' || host === '::1' || /^127\./.test(host);
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function connectOnLoopback(...args) {
    // Node hands over either its own normalised array or an options object; the clients use no other form.
    const list = Array.isArray(args[0]) ? args[0] : args;
    const {host, port, path} = list[0];
    const route = routeFor(host, port);
    if (route) {
        list[0] = {...list[0], host: '127.0.0.1', port: route.port, lookup: undefined};
    } else if (!path && !isLoopback(host)) {
        process.nextTick(() => this.destroy(new Error(`loopback.js: no route for ${host}:${port}`)));
        return this;
    }
    return connect.apply(this, args);
};

const secure = tls.connect;
tls.connect = function connectPlainIfRouted(...args) {
    const {host, port} = args[0];
    const route = routeFor(host, port);
    return route && route.plain ? net.connect({host: '127.0.0.1', port: route.port}) : secure.apply(this, args);
};

diagnostics.subscribe('http.client.response.finish', ({request, response}) => {
    const entry = {
        method: request.method,
        host: request.getHeader('host'),
        path: request.path,
        cookie: request.getHeader('cookie'),
        status: response.statusCode,
    };
    seen.push(entry);
    if (process.env.VESTIBULE_SEEN) {
        fs.appendFileSync(process.env.VESTIBULE_SEEN, `${JSON.stringify(entry)}\n`);
    }
});

module.exports = {seen};
