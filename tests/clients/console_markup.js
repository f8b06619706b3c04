// Drives the console with Chromium (playwright-core) over data in which every text that somebody may store is hostile: markup, and marks
// that are not seen or turn the text around. Names with such marks are refused today, so they are put into the database of a server that is
// stopped, as a release of before, or somebody at the disk, may have left them. Shows: on every page that a link leads to nothing of it is an
// element or runs, though the page's Content-Security-Policy is off, and every mark is spelled out.
'use strict';

const assert = require('assert');
const {execFileSync} = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const {withBrowser} = require('./chromium.js');
const {signedIn, leads, administrator, walk} = require('./console_parts.js');
const {Server} = require('./pictures_server.js');

const OVERALL_LIMIT_MS = 90_000;
const MOST_PAGES = 90;
const ACCOUNT = '70412233';
const PASSWORD = 'orchard-teapot-quartz-41';

/** What stands for a hostile text until the server is stopped, and what it is then. */
const mark = (field) => `MARK-${field}-`;
const HIDDEN = '\u202e\u2066\u200b';
const MARKUP = `"'><x-hit></x-hit><img src=x onerror="hit=1"><svg onload=hit=1>`;
const SHOWN = '\\u{202e}\\u{2066}\\u{200b}' + MARKUP;
/** What has to be read on some page. */
const FIELDS = ['login', 'full', 'nickname', 'email', 'profile', 'group', 'skill', 'key', 'developer', 'description', 'client',
    'token', 'look', 'rights', 'administrator', 'agent'];

/** Puts the hostile texts into every column that holds what stands for them, in JSON as JSON has it; not into the audit, which is evidence. */
const REPLACE = `
import json, re, sqlite3, sys
base, suffix = sqlite3.connect(sys.argv[1]), json.loads(sys.argv[2])
def hostile(text):
    inner = json.dumps(suffix)[1:-1] if text[:1] in "[{" else suffix
    return re.sub("MARK-([a-z]+)-", lambda found: found.group(1) + inner, text)
base.create_function("hostile", 1, hostile)
tables = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'audit%'")]
for table in tables:
    for (_, column, kind, *_) in base.execute(f'PRAGMA table_info("{table}")').fetchall():
        if kind == "TEXT":
            base.execute(f'UPDATE "{table}" SET "{column}" = hostile("{column}") WHERE "{column}" LIKE \\'%MARK-%\\'')
base.commit()
`;

async function store(server) {
    const admin = await administrator({base: server.admin});
    const own = `accounts/${ACCOUNT}`;
    await admin.post('accounts', {id: ACCOUNT, look: {name: mark('look')}});
    const profile = await admin.post(`${own}/profiles`, {name: mark('profile'), role: 'agent'});
    const group = await admin.post(`${own}/groups`, {name: mark('group')});
    const skill = await admin.post(`${own}/skills`, {name: mark('skill')});
    const key = await admin.post(`${own}/api-keys`, {
        name: mark('key'), developer: mark('developer'), description: mark('description'), privileges: ['user-login'],
    });
    await admin.post(`${own}/oauth-clients`, {name: mark('client'), display_name: mark('display')});
    const {token} = await admin.post(`${own}/application-tokens`, {name: mark('token')});
    await admin.post(`${own}/users`, {
        login_name: mark('login'), full_name: mark('full'), nickname: mark('nickname'), email: `${mark('email')}@example.org`,
        password: PASSWORD, must_change_password: false,
        profiles: [profile.id], member_of: group.id, manager_of: [group.id], skills: [skill.id],
    });
    await admin.post(`${own}/users`, {login_name: 'bot', kind: 'bot', allowed_app_key: key.app_key});
    await admin.post('administration-tokens', {name: mark('rights'), role: 'auditor', expires: Date.now() + 30 * 86_400_000});
    const other = {login_name: mark('administrator'), password: PASSWORD, must_change_password: false};
    const {id} = await admin.post('accounts/administrators/users', other);
    await admin.put(`administrators/${id}`, {role: 'auditor'});
    const from = '203.0.113.7';
    const body = {username: mark('login'), password: PASSWORD};
    const {bearer} = (await server.ask('POST', `/api/account/${ACCOUNT}/login?v=1.3`, {from, body})).body;
    const headers = {'User-Agent': mark('agent'), Authorization: `Bearer ${bearer}`};
    assert.strictEqual((await server.ask('GET', '/gateway/check', {from, headers})).status, 200);
    const ofAgents = {clientName: ACCOUNT, userName: mark('login'), password: PASSWORD};
    assert.strictEqual((await server.ask('POST', '/session/login', {from, headers: {'LV-Access': token}, body: ofAgents})).status, 200);
}

/** What is wrong with the page that is shown, and what it says. */
function inspected(page) {
    return page.evaluate(() => {
        const found = [...document.querySelectorAll('x-hit, img[src="x"], [onerror], [onload]')].map((it) => it.outerHTML);
        const isTyped = (it) => it.closest('textarea, script') || it.matches('input, option');
        for (const element of document.querySelectorAll('*')) {
            const values = [...element.attributes].filter(({name}) => !(name === 'value' && isTyped(element))).map((it) => it.value);
            const texts = [...element.childNodes].filter((it) => it.nodeType === Node.TEXT_NODE && !element.closest('textarea')).map((it) => it.data);
            found.push(...[...values, ...texts].filter((text) => /[\u202a-\u202e\u2066-\u2069\u200b]/.test(text)));
        }
        return {found, hit: typeof hit, text: document.body.innerText};
    });
}

withBrowser('http://127.0.0.1', OVERALL_LIMIT_MS, async (browser) => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'vestibule-markup-'));
    const server = new Server(process.env.VESTIBULE_PROGRAM, path.join(home, 'data'));
    try {
        await server.start();
        await store(server);
        await server.stop();
        execFileSync(process.env.VESTIBULE_CLIENTS_PYTHON, ['-c', REPLACE, path.join(home, 'data', 'vestibule.db'), JSON.stringify(HIDDEN + MARKUP)]);
        await server.start();
        await look(browser, server);
    } finally {
        await server.stop();
        fs.rmSync(home, {recursive: true, force: true});
    }
    console.log('what is stored is text on every page');
});

async function look(browser, server) {
    const admin = await administrator({base: server.admin});
    const {users} = await admin.get(`accounts/${ACCOUNT}/users`);
    const user = users.find((it) => it.login_name.startsWith('login'));
    await admin.patch(`accounts/${ACCOUNT}/users/${user.id}`, {nickname: 'changed'});

    const page = await signedIn(browser, {base: server.admin, bypassCSP: true});
    page.on('dialog', (dialog) => assert.fail(`a script has run: ${dialog.message()}`));
    let said = '';
    const observe = async (here) => {
        const {found, hit, text} = await inspected(page);
        assert.deepStrictEqual(found, [], here);
        assert.strictEqual(hit, 'undefined', `${here}: a script has run`);
        said += text;
    };
    const own = `${server.admin}/console/accounts/${ACCOUNT}`;
    const of = `account=${ACCOUNT}`;
    const begin = [
        `${own}/users/${user.id}`, `${own}/users`, own, `${own}/traffic`,
        ...['sessions', 'sessions/ended', 'audit', 'sessions/end'].map((place) => `${server.admin}/console/${place}?${of}`),
        ...['administrators', 'administration-tokens'].map((place) => `${server.admin}/console/${place}`),
    ];
    await walk(page, begin, MOST_PAGES, observe);

    // What is typed, what would change, what is found and why.
    await page.goto(`${own}/users/${user.id}/edit`);
    await page.locator('#full_name').fill(`full${HIDDEN}${MARKUP}?`);
    await leads(page, () => page.locator('form.card button').click());
    await observe('what would change');
    await page.goto(`${server.admin}/console/accounts`);
    await page.locator('#wanted').fill('login');
    await leads(page, () => page.keyboard.press('Enter'));
    await observe('the search');
    const unseen = FIELDS.filter((field) => !said.includes(field + SHOWN.replace(/<svg.*/, '')));
    assert.deepStrictEqual(unseen, [], 'each is read on some page');
}
