// Drives the LivePerson Functions command line (npm liveperson-functions-cli, `lpf`), unmodified.
// Shows: `lpf login` logs in; every later command refreshes the kept session first, and a 401 there makes the
// command line log in again; `lpf logout` tells the server nothing and leaves a "null" cookie behind, which must be a 401.
//
// The hosts that lpf has fixed in its source are sent to loopback by loopback.js. HOME and TMPDIR are a fresh folder:
// lpf keeps its session in TMPDIR, so no key chain is used and nothing of the caller's is read.
'use strict';

const assert = require('assert');
const {spawn} = require('child_process');
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');

const CLI = path.join(process.env.VESTIBULE_CLIENTS_NODE_MODULES, 'liveperson-functions-cli');
const HTTPS_PORT = Number(new URL(process.env.VESTIBULE_HTTPS).port);
const ACCOUNT = '12345678';
const COMMAND_LIMIT_MS = 20_000;
const OVERALL_LIMIT_MS = 55_000;

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'vestibule-lpf-'));
const seenFile = path.join(home, 'seen');
let running = null;

/** Runs one lpf command: its exit code, what it printed, and the requests that it made. */
function lpf(routes, ...args) {
    fs.writeFileSync(seenFile, '');
    return new Promise((resolve, reject) => {
        const child = spawn(process.execPath, ['--require', path.join(__dirname, 'loopback.js'), path.join(CLI, 'bin', 'run'), ...args], {
            cwd: home,
            stdio: ['ignore', 'pipe', 'pipe'],
            timeout: COMMAND_LIMIT_MS,
            killSignal: 'SIGKILL',
            env: {
                PATH: process.env.PATH,
                HOME: home,
                TMPDIR: home,
                XDG_CACHE_HOME: path.join(home, 'cache'),
                NODE_EXTRA_CA_CERTS: process.env.VESTIBULE_CA,
                VESTIBULE_ROUTES: JSON.stringify(routes),
                VESTIBULE_SEEN: seenFile,
            },
        });
        running = child;
        let printed = '';
        child.stdout.on('data', (data) => { printed += data; });
        child.stderr.on('data', (data) => { printed += data; });
        child.on('error', reject);
        child.on('close', (code) => {
            const requests = fs.readFileSync(seenFile, 'utf8').split('\n').filter(Boolean).map(JSON.parse);
            resolve({code, printed, requests});
        });
    });
}

/** The Login Service operations among a command's requests, such as ["refresh 401", "login 200"]. */
function operations({requests}) {
    return requests
        .map(({path: target, status}) => [/^\/api\/account\/\w+\/(login|refresh|logout)(\?|$)/.exec(target), status])
        .filter(([found]) => found)
        .map(([found, status]) => `${found[1]} ${status}`);
}

function expect(what, run, code, wanted) {
    const told = `${what}\n  printed: ${run.printed}\n  requests: ${JSON.stringify(run.requests, null, 2)}`;
    assert.deepStrictEqual(operations(run), wanted, `${told}\n  expected operations: ${wanted}`);
    assert.strictEqual(run.code, code, `${told}\n  expected exit code ${code}, came ${run.code}`);
    console.log(`ok: ${what}: ${wanted.join(', ') || 'no operation'}`);
}

/** lpf asks the registry for a newer release of itself unless its cache says that it did so lately. */
function muteUpdateCheck() {
    const cache = path.join(home, 'cache', 'liveperson-functions-cli');
    fs.mkdirSync(cache, {recursive: true});
    fs.writeFileSync(path.join(cache, 'version'), '{}');
}

/** A stand-in for the Functions API: one function, for whoever brings a bearer. */
async function startFunctionsStub() {
    const bearers = [];
    const server = http.createServer((request, response) => {
        bearers.push(request.headers.authorization);
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify([{name: 'stubFunction', state: 'Draft'}]));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {bearers, port: server.address().port, stop: () => server.closeAllConnections() || server.close()};
}

async function domains() {
    const answer = await fetch(`${process.env.VESTIBULE_HTTP}/api/account/${ACCOUNT}/service/baseURI.json?version=1.0`);
    const {baseURIs} = await answer.json();
    return Object.fromEntries(baseURIs.map(({service, baseURI}) => [service, baseURI]));
}

/** Someone else logs in as the same user, which ends the session that lpf keeps. */
async function logInElsewhere() {
    const answer = await fetch(`${process.env.VESTIBULE_HTTP}/api/account/${ACCOUNT}/login?v=1.3`, {
        method: 'POST',
        headers: {'content-type': 'application/json'},
        body: JSON.stringify({username: 'name', password: 'password'}),
    });
    assert.strictEqual(answer.status, 200, `a second login: expected 200, came ${answer.status}`);
}

async function main() {
    muteUpdateCheck();
    const credentials = ['--accountId', ACCOUNT, '--username', 'name', '--password', 'password'];
    const toVestibule = [{host: '*.liveperson.net:443', port: HTTPS_PORT}];

    expect('first login', await lpf(toVestibule, 'login', ...credentials), 0, ['login 200']);
    expect('a command with a live session', await lpf(toVestibule, 'login', '--accountId', ACCOUNT), 0, ['refresh 200']);
    await callFunctionsApi(toVestibule);

    await logInElsewhere();
    expect('a session that was ended elsewhere', await lpf(toVestibule, 'login', ...credentials), 0, ['refresh 401', 'login 200']);

    expect('logout is local', await lpf(toVestibule, 'logout', '--accountId', ACCOUNT), 0, []);
    const again = await lpf(toVestibule, 'login', ...credentials);
    expect('login after logout', again, 0, ['refresh 401', 'login 200']);
    assert.ok(again.requests.some(({cookie}) => cookie === 'session_id=null'), 'lpf should have sent the cookie session_id=null');

    expect('an account that has no domains', await lpf(toVestibule, 'login', '--accountId', '87654321', '--username', 'x', '--password', 'x'), 1, []);
}

/** `lpf get functions` refreshes, then takes the bearer to the host that the domain list names for Functions. */
async function callFunctionsApi(toVestibule) {
    const {agentVep, faasUI} = await domains();
    if (!faasUI || faasUI === agentVep) {
        // Nowhere to put the stub: the refresh is what counts, the Functions call itself fails.
        const run = await lpf(toVestibule, 'get', 'functions');
        expect('a command without a Functions API', run, 1, ['refresh 200']);
        return;
    }
    const stub = await startFunctionsStub();
    try {
        const host = faasUI.includes(':') ? faasUI : `${faasUI}:443`;
        const run = await lpf([{host, port: stub.port, plain: true}, ...toVestibule], 'get', 'functions');
        expect('a command that calls the Functions API', run, 0, ['refresh 200']);
        assert.match(run.printed, /stubFunction/, `the function should be listed; printed: ${run.printed}`);
        assert.match(stub.bearers[0], /^Bearer [0-9a-f]{64}$/, `expected a bearer, came ${stub.bearers[0]}`);
    } finally {
        stub.stop();
    }
}

function leave(code, reason) {
    if (reason) console.error(`FAILED lpf: ${reason.stack || reason}`);
    if (running) running.kill('SIGKILL');
    fs.rmSync(home, {recursive: true, force: true});
    process.exit(code);
}

setTimeout(() => leave(1, `not done after ${OVERALL_LIMIT_MS} ms`), OVERALL_LIMIT_MS);
main().then(() => leave(0), (error) => leave(1, error));
