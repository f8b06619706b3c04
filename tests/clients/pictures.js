// Draws pages of the console: pictures.js PROGRAM MINUTES FOLDER NAME=PATH... (run by pictures.sh, which says more). The program is
// started in `dev` mode on data of its own, for some hours of each day of a week that has passed (libfaketime) and as of now.
'use strict';

const assert = require('assert');
const fs = require('fs');
const os = require('os');
const path = require('path');
const {Server} = require('./pictures_server.js');
const {declare, Office, HOURS, live, ACCOUNT} = require('./pictures_life.js');
const {withBrowser, somebody} = require('./chromium.js');

const [program, minutes, folder, ...wanted] = process.argv.slice(2);
const DAYS = 6;
const WIDE = {width: 1440, height: 900};
/** Of a page that is longer the upper part is shown. */
const TALLEST = 1300;

async function main() {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'vestibule-pictures-'));
    const server = new Server(program, path.join(home, 'data'));
    try {
        const office = new Office(server);
        for (let ago = DAYS; ago > 0; ago -= 1) {
            for (const [hour, happens] of HOURS) {
                await server.startAgo(ago, hour);
                if (ago === DAYS && hour === HOURS[0][0]) {
                    await declare(server, home);
                }
                await happens(office, ago);
                await office.agentsGoHome();
                await server.stop();
            }
        }
        await server.start();
        await live(office, Number(minutes));
        const known = await placeholders(server);
        await withBrowser(server.admin, 300_000, (browser) => draw(browser, server, known));
    } finally {
        await server.stop();
        fs.rmSync(home, {recursive: true, force: true});
    }
}

/** What stands for the words in braces. */
async function placeholders(server) {
    const admin = await server.administrator();
    const {users: [user]} = await admin.get(`accounts/${ACCOUNT}/users?name=maria`);
    const {sessions: [session]} = await admin.get(`sessions?account=${ACCOUNT}`);
    const {sessions: [ended]} = await admin.get(`ended-sessions?account=${ACCOUNT}&reason=ended-by-administrator`);
    return {account: ACCOUNT, user: user.id, session: session?.reference, ended: ended?.reference};
}

async function draw(browser, server, known) {
    for (const isDark of [false, true]) {
        const own = await somebody(browser, server.admin, [], {colorScheme: isDark ? 'dark' : 'light', viewport: WIDE});
        const page = await own.newPage();
        await signIn(page, server);
        for (const [name, place] of wanted.map((it) => it.split(/=(.*)/s)).filter(([name]) => name.endsWith('-dark') === isDark)) {
            const asked = place.replace(/\{(\w+)\}/g, (_, word) => known[word] ?? assert.fail(`nothing stands for {${word}}`));
            const answer = await page.goto(server.admin + asked);
            assert.strictEqual(answer.status(), 200, asked);
            const height = await page.evaluate(() => document.documentElement.scrollHeight);
            const clip = {x: 0, y: 0, width: WIDE.width, height: Math.min(height, TALLEST)};
            await page.screenshot({path: path.join(folder, `${name}.png`), fullPage: true, clip});
        }
        await own.close();
    }
}

async function signIn(page, server) {
    await page.goto(`${server.admin}/console/`);
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill('admin-password');
    await page.getByRole('button', {name: 'Sign in'}).click();
    await page.waitForURL(`${server.admin}/console/`);
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
