// A small company's week at the service, for pictures.js: people who log in, are refused, work and go home; bots by their keys; agents of
// a dialler; an administrator who changes something now and then. What happens is the same every time, but for ids and times.
'use strict';

const fs = require('fs');
const path = require('path');

const ACCOUNT = '70412233';
const PASSWORD = 'orchard-teapot-quartz-41';
const TOKEN = 'd1a11e70b47c4d0e9f00112233445566';

const PEOPLE = [
    ['maria', 'Maria Papadaki'], ['jonas', 'Jonas Lindqvist'], ['amara', 'Amara Okafor'], ['chen', 'Chen Wei'], ['lucia', 'Lucía Fernández'],
    ['tomasz', 'Tomasz Nowak'], ['aiko', 'Aiko Tanaka'], ['samuel', 'Samuel Osei'], ['ingrid', 'Ingrid Solberg'], ['ravi', 'Ravi Menon'],
    ['helene', 'Hélène Girard'], ['dmitri', 'Dmitri Sokolov'], ['fatima', 'Fatima Haddad'], ['oliver', 'Oliver Bennett'],
    ['zsofia', 'Zsófia Kovács'], ['mateo', 'Mateo Silva'], ['nadia', 'Nadia Rahman'], ['peter', 'Peter Brandt'],
];
const AGENTS = ['dialler-01', 'dialler-02', 'dialler-03', 'dialler-04', 'dialler-05', 'dialler-06'];
const BOTS = [['order-status', 'Order status'], ['returns', 'Returns'], ['night-shift', 'Night shift']];

/** Numbers that look drawn, the same every time. */
let drawn = 20261130;
function draw(below) {
    drawn = (drawn * 1103515245 + 12345) % 2147483648;
    return Math.floor((drawn / 2147483648) * below);
}
const oneOf = (list) => list[draw(list.length)];
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

const keyOf = (name) => ({
    appKey: Buffer.from(name.padEnd(16, '.')).toString('hex'),
    secret: Buffer.from(name.padEnd(8, '-').slice(0, 8)).toString('hex'),
    accessToken: Buffer.from(name.padEnd(16, '=')).toString('hex'),
    accessTokenSecret: Buffer.from(name.padEnd(8, '+').slice(0, 8)).toString('hex'),
});

/** Makes the account, in the form that `vestibule apply` reads. */
async function declare(server, home) {
    const entry = (kind, fields) => `[[account.${kind}]]\n${Object.entries(fields).map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join('\n')}\n`;
    const text = [
        `[[account]]\nid = "${ACCOUNT}"\ncode = "NORTHWIND"\nnumber = 1204\ntime_zone = "Europe/Athens"\nfeatures = ["User Type - Bot"]\n`,
        entry('profile', {name: 'Administrator', role: 'administrator', permissions: [100, 101]}),
        entry('profile', {name: 'Agent', role: 'agent', permissions: []}),
        ...['Orders', 'Returns', 'Billing'].map((name, index) => entry('group', {id: index + 1, name})),
        ...['greek', 'german', 'billing'].map((name) => entry('skill', {name})),
        ...BOTS.map(([name, description]) => {
            const {appKey, secret, accessToken, accessTokenSecret} = keyOf(name);
            return entry('api_key', {
                name: description, description: `Key of the bot ${name}`, privileges: ['user-login'],
                app_key: appKey, secret, access_token: accessToken, access_token_secret: accessTokenSecret,
            });
        }),
        entry('application_token', {name: 'dialler', token: TOKEN}),
        ...PEOPLE.map(([name, full], index) => entry('user', {
            login_name: name, full_name: full, email: `${name}@northwind.example`, profiles: [index < 2 ? 'Administrator' : 'Agent'],
            group: ['Orders', 'Returns', 'Billing'][index % 3], password: PASSWORD,
        })),
        ...AGENTS.map((name) => entry('user', {login_name: name, population: 'agent', full_name: name, profiles: ['Agent'], password: PASSWORD})),
        ...BOTS.map(([name, full]) => entry('user', {login_name: name, kind: 'bot', full_name: full, profiles: ['Agent'], allowed_app_key: keyOf(name).appKey})),
    ].join('\n');
    const file = path.join(home, 'account.toml');
    fs.writeFileSync(file, text);
    server.apply(file);
    await wait(1500);
}

const addressOf = (name) => `203.0.113.${20 + PEOPLE.findIndex(([it]) => it === name)}`;

/** Who is at work: logged in, each with what they were given. */
class Office {
    constructor(server) {
        this.server = server;
        this.sessions = new Map();
        /** Ids of the dialler's sessions. */
        this.agents = new Set();
    }

    async person(name, password = PASSWORD) {
        const from = addressOf(name);
        const {status, body, cookies} = await this.logIn(from, {username: name, password});
        if (status === 200) {
            this.sessions.set(name, {from, bearer: body.bearer, csrf: body.csrf, cookies});
        }
    }

    async bot(name) {
        const from = '198.51.100.7';
        const {status, body, cookies} = await this.logIn(from, {username: name, ...keyOf(name)});
        if (status === 200) {
            this.sessions.set(name, {from, bearer: body.bearer, csrf: body.csrf, cookies});
        }
    }

    logIn(from, body) {
        return this.server.ask('POST', `/api/account/${ACCOUNT}/login?v=1.3`, {from, body});
    }

    async agent(name) {
        const body = {clientName: 'NORTHWIND', userName: name, password: PASSWORD, agent: true};
        const answer = await this.server.ask('POST', '/session/login', {from: '192.0.2.40', headers: {'LV-Access': TOKEN}, body});
        this.agents.add(answer.body.sessionId);
    }

    /** What has expired is not removed while the clock jumps as it does here, so nobody is left behind. */
    async agentsGoHome() {
        for (const id of this.agents) {
            await this.server.ask('DELETE', `/session/logout/${id}`, {from: '192.0.2.40'});
        }
        this.agents.clear();
    }

    /** Somebody asks an API for something. */
    async check() {
        const [name, {from, bearer}] = oneOf([...this.sessions]);
        const {status} = await this.server.ask('GET', '/gateway/check', {from, headers: {Authorization: `Bearer ${bearer}`}});
        if (status === 401) {
            this.sessions.delete(name);
        }
    }

    async goHome(name) {
        const {from, csrf, cookies} = this.sessions.get(name) ?? {};
        this.sessions.delete(name);
        if (csrf) {
            const headers = {Cookie: cookies};
            await this.server.ask('POST', `/api/account/${ACCOUNT}/logout?v=1.3`, {from, headers, body: {csrf}});
        }
    }
}

/** What an administrator does on that day. */
async function administer(server, ago) {
    const admin = await server.administrator();
    const user = async (name) => (await admin.get(`accounts/${ACCOUNT}/users?name=${name}`)).users[0].id;
    const place = `accounts/${ACCOUNT}/users/`;
    if (ago % 2 === 0) {
        await admin.delete(`${place}${await user(oneOf(PEOPLE)[0])}/sessions`);
    } else {
        await admin.post(`accounts/${ACCOUNT}/groups`, {name: `Shift ${ago}`});
    }
    if (ago === 3) {
        await admin.patch(`accounts/${ACCOUNT}`, {session_policy: {idle_seconds: 14400}});
    }
    await admin.post('logout');
}

async function checks(office, count) {
    for (let left = count; left > 0 && office.sessions.size > 0; left -= 1) {
        await office.check();
    }
}

async function morning(office) {
    for (const [name] of BOTS) {
        await office.bot(name);
    }
    for (const [index, [name]] of PEOPLE.entries()) {
        if (draw(6) === 0) {
            await office.person(name, 'mistyped');
        }
        await office.person(name);
        if (index % 4 === 0) {
            await office.agent(oneOf(AGENTS));
        }
    }
    await checks(office, 60 + draw(60));
}

async function work(office) {
    for (const [name] of PEOPLE.filter(([name]) => !office.sessions.has(name))) {
        if (draw(2) === 0) {
            await office.person(name);
        }
    }
    await office.agent(oneOf(AGENTS));
    await checks(office, 90 + draw(120));
}

async function afternoon(office, ago) {
    await work(office);
    await administer(office.server, ago);
}

async function evening(office) {
    await checks(office, 40 + draw(40));
    for (const name of [...office.sessions.keys()]) {
        await office.goHome(name);
    }
}

/** What happens at some hours of a day that has passed. */
const HOURS = [[7, morning], [9, work], [11, work], [13, afternoon], [15, work], [17, evening]];

/** So many minutes until now. */
async function live(office, minutes) {
    const until = Date.now() + minutes * 60_000;
    await morning(office);
    for (let turn = 0; Date.now() < until; turn += 1) {
        const [name] = oneOf(PEOPLE);
        if (turn % 7 === 3) {
            await office.goHome(name);
        } else if (turn % 3 === 0 && !office.sessions.has(name)) {
            await office.person(name, draw(7) === 0 ? 'mistyped' : PASSWORD);
        }
        if (turn % 5 === 0) {
            await office.agent(oneOf(AGENTS));
        }
        await checks(office, 6 + Math.round(5 * Math.sin(turn / 9)) + draw(4));
        await wait(1500 + draw(1500));
    }
    await administer(office.server, 2);
}

module.exports = {ACCOUNT, HOURS, Office, declare, live};
