// Drives the console with Chromium (playwright-core) the whole way of somebody who begins: `vestibule serve` is started on an empty folder,
// the first owner signs in with the password of the file, has to change it and to set up a second factor; makes an account, a person, an
// agent, an API key, a bot with it and an application token; real clients log in with these (node_agent_sdk.js, livevox_session.py); their
// sessions are seen and ended, one and all, and why is asked; a policy is changed; traffic and audit tell of it; nothing is left to see after signing out.
'use strict';

const assert = require('assert');
const {execFileSync, spawn} = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const https = require('https');
const os = require('os');
const path = require('path');
const {withBrowser, somebody} = require('./chromium.js');
const {freePort, leads, follow, notice, signIn} = require('./console_parts.js');

const OVERALL_LIMIT_MS = 120_000;
const STEP_LIMIT_MS = 10_000;
const ACCOUNT = '70412233';
/** What the clients look up: they are on this server. */
const SERVICES = ['agentVep', 'asyncMessagingEnt'];
const OWNER = {name: 'admin', password: 'lantern-otter-quilt-7'};
const PASSWORD = 'orchard-teapot-quartz-41';
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'vestibule-path-'));

/** The service, as it is installed: a file of settings, a certificate, an empty folder. */
async function serve() {
    const [key, certificate] = ['key.pem', 'ca.pem'].map((name) => path.join(home, name));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
        '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate], {stdio: 'pipe'});
    fs.chmodSync(key, 0o600);
    const port = await freePort();
    const settings = path.join(home, 'vestibule.toml');
    fs.writeFileSync(settings, [
        '[server]', 'http = "127.0.0.1:0"', `https = "127.0.0.1:${port}"`, 'admin = "127.0.0.1:0"', `public_address = "localhost:${port}"`,
        `tls_certificate = "${certificate}"`, `tls_key = "${key}"`, `data_dir = "${path.join(home, 'data')}"`,
        '[admin]', 'second_factor = "required"', ''].join('\n'));
    // What the tests are told is no setting of the program.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VESTIBULE_')));
    const log = fs.openSync(path.join(home, 'log'), 'a');
    const server = spawn(process.env.VESTIBULE_PROGRAM, ['serve', '--config', settings], {env, stdio: ['ignore', 'pipe', log]});
    const admin = await new Promise((resolve, reject) => {
        let said = '';
        server.stdout.on('data', (more) => {
            said += more;
            const found = /^admin +(\S+)$/m.exec(said);
            if (found) {
                resolve(found[1]);
            }
        });
        server.once('exit', () => reject(new Error(`it ended:\n${said}${fs.readFileSync(path.join(home, 'log'))}`)));
    });
    const first = fs.readFileSync(path.join(home, 'data', 'first-owner.txt'), 'utf8');
    return {server, admin, https: `https://localhost:${port}`, certificate, password: /^password: (.*)$/m.exec(first)[1]};
}

/** The code that an authenticator app shows for a secret (RFC 6238). */
function codeOf(secret, at = Date.now()) {
    const bits = [...secret.replace(/\s/g, '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
    const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
    const moment = Buffer.alloc(8);
    moment.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
    const digest = crypto.createHmac('sha1', key).update(moment).digest();
    return String((digest.readUInt32BE(digest[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** A request over TLS: a POST when there is something to send. The JSON of the answer. */
function ask(url, certificate, headers, body) {
    return new Promise((resolve, reject) => {
        const options = {method: body ? 'POST' : 'GET', headers, ca: fs.readFileSync(certificate)};
        https.request(url, options, async (answer) => {
            const text = (await answer.toArray()).join('');
            assert.ok(answer.statusCode < 300, `${url}: ${answer.statusCode} ${text}`);
            resolve(text.startsWith('{') ? JSON.parse(text) : {});
        }).on('error', reject).end(body && JSON.stringify(body));
    });
}

class Path {
    constructor(page, installed) {
        this.page = page;
        this.installed = installed;
        this.bearers = {};
    }

    at(place) {
        return this.page.goto(`${this.installed.admin}/console/${place}`);
    }

    /** Fills in fields by their ids, and sends the form. */
    async fill(fields) {
        for (const [name, value] of Object.entries(fields)) {
            const field = this.page.locator(`[id="${name}"]`);
            if (typeof value === 'boolean') {
                await field.setChecked(value);
            } else if (await field.evaluate((it) => it.tagName === 'SELECT')) {
                await field.selectOption(value);
            } else {
                await field.fill(value);
            }
        }
        await leads(this.page, () => this.page.locator('form.form button[type=submit]').last().click());
    }

    /** Makes something of the account in the form that its list leads to. */
    async make(kind, link, fields) {
        await this.at(`accounts/${ACCOUNT}/${kind}`);
        await follow(this.page, 'link', link);
        await this.fill(fields);
    }

    /** What is shown once, by its names; it is gone when the page is left. */
    async once() {
        const shown = await this.page.locator('dl.once > div').evaluateAll((all) =>
            all.map((one) => [one.querySelector('dt').innerText.trim(), one.querySelector('dd').firstChild.textContent.trim()]));
        await follow(this.page, 'link', 'I have kept it');
        const left = await this.page.content();
        for (const [name, secret] of shown.filter(([name]) => /secret|token$/i.test(name) && name !== 'Access token')) {
            assert.ok(!left.includes(secret), `${name} is shown once`);
        }
        return Object.fromEntries(shown);
    }

    async firstSteps() {
        const {page, installed: {password}} = this;
        await this.at('');
        await signIn(page, {name: OWNER.name, password});
        await page.getByLabel('Present password').fill(password);
        await page.getByLabel('New password', {exact: true}).fill(OWNER.password);
        await page.getByLabel('New password, once more').fill(OWNER.password);
        await follow(page, 'button', 'Change password');
        // Nothing else is open before there is a second factor.
        await this.at('accounts');
        await page.getByText('Nothing else is open to you before it is set up.').waitFor();
        const secret = await page.locator('.secret').innerText();
        await page.getByLabel('Code', {exact: true}).fill(codeOf(secret));
        await page.getByLabel('Your password').fill(OWNER.password);
        await follow(page, 'button', 'Set up the second factor');
        this.codes = await page.locator('.codes li').allInnerTexts();
        assert.ok(this.codes.length >= 8, 'there are recovery codes');
        await follow(page, 'link', 'I have kept them');
    }

    /** Shows what would change, and has it done. */
    async change(place, fields) {
        await this.at(place);
        await this.fill(fields);
        assert.ok(await this.page.locator('table.difference tbody tr').count() > 0, 'what changes is shown before it is done');
        await this.page.locator('button[value=do]').click();
        await this.page.waitForURL(/done=changed/);
    }

    async account() {
        await this.at('accounts');
        await follow(this.page, 'link', 'New account');
        await this.fill({id: ACCOUNT, code: 'NORTHWIND', time_zone: 'Europe/Athens'});
        assert.strictEqual(await notice(this.page), 'Made.');
        await this.change(`accounts/${ACCOUNT}/edit`, {features: true});
        await this.change(`accounts/${ACCOUNT}/services/edit`, {services: SERVICES.join('\n')});
    }

    /** A policy is changed, and its sentence with it. */
    async policy() {
        const idle = () => this.page.locator('section[aria-labelledby=session_policy] li', {hasText: 'idle_seconds'}).innerText();
        await this.at(`accounts/${ACCOUNT}/policies`);
        const before = await idle();
        await this.change(`accounts/${ACCOUNT}/policies/session_policy`, {'session_policy.idle_seconds': '2700'});
        assert.notStrictEqual(await idle(), before);
        assert.match(await idle(), /45 minutes/);
    }

    async people() {
        const {page} = this;
        await this.make('profiles', 'New profile', {name: 'Agent', role: 'agent'});
        const profile = (await page.url()).match(/profiles\/(\d+)/)[1];
        const common = {'secret.password': PASSWORD, must_change_password: false, [`profiles.${profile}`]: true};
        await this.make('users', 'New person', {login_name: 'maria', full_name: 'Maria Papadaki', ...common});
        assert.strictEqual(await notice(page), 'Made.');
        this.person = page.url().split('?')[0];
        await this.make('users', 'New person', {login_name: 'dialler', population: 'agent', ...common});
        await this.make('api-keys', 'New API key', {name: 'Order bot', 'privileges.user-login': true});
        this.key = await this.once();
        await this.make('users', 'New bot', {login_name: 'orders', allowed_app_key: this.key['App key'], [`profiles.${profile}`]: true});
        await this.make('application-tokens', 'New application token', {name: 'dialler'});
        this.token = (await this.once())['Application token'];
    }

    credentials() {
        return {
            account: ACCOUNT,
            password: {username: 'maria', password: PASSWORD},
            applicationKey: {
                username: 'orders', appKey: this.key['App key'], secret: this.key.Secret,
                accessToken: this.key['Access token'], accessTokenSecret: this.key['Access token secret'],
            },
            token: this.token,
            agent: {clientName: 'NORTHWIND', userName: 'dialler', password: PASSWORD, agent: 'true'},
        };
    }

    /** Unmodified clients, as their drivers have them. */
    clients() {
        const {https: base, certificate} = this.installed;
        const env = {...process.env, VESTIBULE_HTTPS: base, VESTIBULE_CA: certificate, VESTIBULE_CREDENTIALS: JSON.stringify(this.credentials())};
        const drivers = [['node', 'node_agent_sdk.js'], [process.env.VESTIBULE_CLIENTS_PYTHON, 'livevox_session.py']];
        return Promise.all(drivers.map(([interpreter, driver]) => new Promise((resolve, reject) => {
            const client = spawn(interpreter, [path.join(__dirname, driver)], {env, stdio: ['ignore', 'pipe', 'pipe']});
            let said = '';
            for (const out of [client.stdout, client.stderr]) {
                out.on('data', (more) => { said += more; });
            }
            client.once('error', reject);
            client.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${driver}: ${said}`))));
        })));
    }

    /** One session of each, which stays. */
    async logIns() {
        const {https: base, certificate} = this.installed;
        const json = {'Content-Type': 'application/json'};
        const login = `/api/account/${ACCOUNT}/login?v=1.3`;
        const {applicationKey, agent} = this.credentials();
        for (const [name, body] of [['maria', {username: 'maria', password: PASSWORD}], ['orders', applicationKey]]) {
            this.bearers[name] = (await ask(base + login, certificate, json, body)).bearer;
        }
        await ask(`${base}/session/login`, certificate, {...json, 'LV-Access': this.token}, agent);
        await ask(`${base}/gateway/check`, certificate, {Authorization: `Bearer ${this.bearers.orders}`});
    }

    /** The sessions are in the list; one is ended, which is told to whoever asks why. */
    async oneEnds() {
        const {page} = this;
        await this.at(`sessions?account=${ACCOUNT}`);
        const users = page.locator('tbody tr');
        assert.match(await page.locator('.count').innerText(), /^3 live/);
        assert.strictEqual(await users.count(), 3);
        await this.at(`sessions?account=${ACCOUNT}&user=${this.person.match(/\d+$/)[0]}`);
        const session = page.locator('tbody tr', {hasText: 'maria'});
        await session.locator('a[href*="/console/sessions/"]').first().click();
        await page.getByText('lives', {exact: false}).first().waitFor();
        await follow(page, 'link', 'End this session');
        await follow(page, 'button', 'End this session');
        await this.why('maria', /ended.*admin/i);
    }

    async why(name, answer) {
        await this.at('why');
        await this.page.getByLabel('What somebody has of the session').fill(`Authorization: Bearer ${this.bearers[name]}`);
        await follow(this.page, 'button', 'Find out why');
        assert.match(await this.page.locator('.answer').innerText(), answer);
        assert.ok(!(await this.page.content()).includes(this.bearers[name]), 'what was pasted is kept nowhere');
    }

    /** Those that are left are ended together. */
    async allEnd() {
        const {page} = this;
        await this.at(`sessions?account=${ACCOUNT}`);
        await leads(page, () => page.locator('p.under a.danger').click());
        await follow(page, 'button', 'End 2 sessions');
        assert.match(page.url(), /sessions.ends./, 'the page of what is under way');
        await page.getByText('2 of 2 sessions ended.').waitFor();
        await this.why('orders', /ended.*admin/i);
        await this.at(`sessions/ended?account=${ACCOUNT}`);
        assert.ok(await page.locator('tbody tr', {hasText: 'admin'}).count() >= 3, 'each says by whom it was ended');
    }

    async traffic() {
        const {page} = this;
        await this.at(`accounts/${ACCOUNT}/traffic`);
        await page.locator('tbody tr', {hasText: 'Order bot'}).first().waitFor();
        await page.locator('tbody tr', {hasText: 'dialler'}).first().waitFor();
    }

    /** What an entry of the audit tells of a change: before and after. */
    async audit() {
        const {page} = this;
        await this.change(new URL(this.person).pathname.replace('/console/', '') + '/edit', {full_name: 'Maria P.'});
        await this.at(`audit?account=${ACCOUNT}`);
        await page.locator('tbody tr', {hasText: 'changed'}).first().getByRole('link').first().click();
        await page.waitForURL(/\/audit\/\d+$/);
        await page.locator('table.difference').waitFor();
        const row = page.locator('table.difference tbody tr', {hasText: 'full name'});
        assert.deepStrictEqual(await row.locator('td').allInnerTexts(), ['full name', 'Maria Papadaki', 'Maria P.']);
    }

    /** Out, and in again with a code; then out, after which nothing is left to see. */
    async out() {
        const {page} = this;
        const seen = page.url();
        await follow(page, 'button', 'Sign out');
        await signIn(page, OWNER);
        await page.getByLabel('Code').fill(this.codes[1]);
        await follow(page, 'button', 'Sign in');
        await page.goto(seen);
        await page.locator('table.difference').waitFor();
        await follow(page, 'button', 'Sign out');
        for (let step = 0; step < 3; step += 1) {
            await page.goBack();
            await page.getByLabel('User name').waitFor();
            assert.ok(!(await page.content()).includes('Papadaki'), 'nothing is left to see');
        }
    }
}

const STEPS = ['firstSteps', 'account', 'people', 'clients', 'logIns', 'oneEnds', 'allEnd', 'policy', 'traffic', 'audit', 'out'];

async function main() {
    const installed = await serve();
    try {
        await withBrowser(installed.admin, OVERALL_LIMIT_MS, async (browser) => {
            const own = await somebody(browser, installed.admin, [], {});
            own.setDefaultTimeout(STEP_LIMIT_MS);
            const way = new Path(await own.newPage(), installed);
            for (const step of STEPS) {
                try {
                    await way[step]();
                } catch (error) {
                    throw new Error(`${step}, at ${way.page.url()}`, {cause: error});
                }
            }
        });
    } finally {
        installed.server.kill('SIGTERM');
        fs.rmSync(home, {recursive: true, force: true});
    }
    console.log('the whole way is as it should be');
}

main().then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
});
