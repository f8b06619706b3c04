// The program in `dev` mode for pictures.js: started at a time that has passed or now, asked by both dialects and by administration.
'use strict';

const assert = require('assert');
const {spawn, execFileSync} = require('child_process');
const fs = require('fs');

const START_MS = 60_000;

class Server {
    constructor(program, data) {
        this.program = program;
        this.data = data;
    }

    /** Begins at an hour of the day so many days ago. */
    async startAgo(days, hour) {
        const then = new Date(Date.now() - days * 86_400_000);
        then.setUTCHours(hour, 0, 0, 0);
        const at = `@${then.toISOString().slice(0, 19).replace('T', ' ')}`;
        // The command `faketime` would stand between us and the program, and pass no signal on.
        const library = execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD']).toString().trim();
        await this.run({TZ: 'UTC', LD_PRELOAD: library, FAKETIME: at, NO_FAKE_STAT: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1'});
    }

    async start() {
        await this.run({});
    }

    async run(time) {
        const any = '127.0.0.1:0';
        const options = ['dev', '--data-dir', this.data, '--http', any, '--https', any, '--grpc', any, '--admin', any];
        const log = fs.openSync(`${this.data}.log`, 'a');
        // What the tests are told is no setting of the program.
        const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('VESTIBULE_'));
        this.environment = {...Object.fromEntries(kept), ...time, VESTIBULE_SERVER_TRUSTED_PROXIES: '127.0.0.1/32'};
        this.process = spawn(this.program, options, {env: this.environment, stdio: ['ignore', 'pipe', log]});
        const said = await this.firstWords();
        this.http = said.match(/http +(http:\S+)/)[1];
        this.admin = said.match(/admin +(http:\S+)/)[1];
    }

    firstWords() {
        return new Promise((resolve, reject) => {
            let said = '';
            const limit = setTimeout(() => reject(new Error(`it does not start:\n${said}`)), START_MS);
            this.process.stdout.on('data', (more) => {
                said += more;
                if (/Ctrl-C stops/.test(said)) {
                    clearTimeout(limit);
                    resolve(said);
                }
            });
            this.process.once('exit', () => reject(new Error(`it ended:\n${said}${fs.readFileSync(`${this.data}.log`)}`)));
        });
    }

    stop() {
        const ending = this.process;
        this.process = undefined;
        return ending && ending.exitCode === null && new Promise((resolve) => {
            ending.once('exit', resolve);
            ending.kill('SIGTERM');
        });
    }

    /** Brings what a file declares into the data, at the time that the server began. */
    apply(file) {
        execFileSync(this.program, ['apply', file, '--data-dir', this.data], {env: this.environment, stdio: 'pipe'});
    }

    /** One request to the public listener as it comes from an address, and its answer. */
    async ask(method, place, {from, headers = {}, body} = {}) {
        const sent = {'X-Forwarded-For': from, 'X-Forwarded-Proto': 'https', ...headers};
        if (body) {
            sent['Content-Type'] = 'application/json';
        }
        const answer = await fetch(this.http + place, {method, headers: sent, body: body && JSON.stringify(body)});
        const text = await answer.text();
        const cookies = answer.headers.getSetCookie().map((it) => it.split(';')[0]).join('; ');
        return {status: answer.status, cookies, body: text.startsWith('{') ? JSON.parse(text) : text};
    }

    async administrator() {
        const base = `${this.admin}/admin/v1/`;
        const json = {'Content-Type': 'application/json'};
        const asked = async (method, place, headers, body) => {
            const answer = await fetch(base + place, {method, headers, body: body && JSON.stringify(body)});
            const text = await answer.text();
            assert.ok(answer.ok, `${method} ${place}: ${answer.status} ${text}`);
            return text ? JSON.parse(text) : {};
        };
        const {token} = await asked('POST', 'login', json, {username: 'admin', password: 'admin-password'});
        const proof = {Authorization: `Bearer ${token}`};
        return {
            get: (place) => asked('GET', place, proof),
            delete: (place) => asked('DELETE', place, proof),
            post: (place, body) => asked('POST', place, {...proof, ...json}, body),
            patch: (place, body) => asked('PATCH', place, {...proof, 'If-Match': '*', 'Content-Type': 'application/merge-patch+json'}, body),
        };
    }
}

module.exports = {Server};
