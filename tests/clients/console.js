// Drives the console with Chromium (playwright-core), as an administrator does, and has axe look at every page that a link of it leads
// to: light on a wide screen, and dark on a narrow one; and walks once more with JavaScript off. Shows: signing in with a wrong and a right password,
// a page that was asked for before signing in, and that nothing is left to see after signing out, with the back button either.
'use strict';

const assert = require('assert');
const {withBrowser, somebody, look} = require('./chromium.js');

const BASE = process.env.VESTIBULE_ADMIN;
const CONSOLE = `${BASE}/console/`;
const OVERALL_LIMIT_MS = 300_000;
/** More pages than are looked at are of the same kinds. */
const MOST_PAGES = 60;
/** What is among them. */
const PLACES = ['', 'accounts', 'accounts/:id', 'accounts/:id/users', 'accounts/:id/users/:id', 'accounts/:id/api-keys', 'sessions', 'sessions/:id', 'why'];

async function signIn(page, password) {
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', {name: 'Sign in'}).click();
}

/** Of pages that differ in an id or a query alone one is looked at. */
function kind(address) {
    const {pathname} = new URL(address);
    const ofAnAccount = pathname.replace(/(\/accounts\/)[^/]+/, '$1:id');
    return ofAnAccount.split('/').map((part) => (/\d/.test(part) ? ':id' : part)).join('/');
}

/** Looks at every page that links lead to, from the overview on. */
async function walk(page, observe) {
    const seen = new Set([kind(CONSOLE)]);
    const waiting = [CONSOLE];
    while (waiting.length > 0) {
        const answer = await page.goto(waiting.shift());
        const here = kind(page.url());
        assert.strictEqual(answer.status(), 200, here);
        await observe(page, here.replaceAll('/', '-'));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `${here} is ${wide} px wider than the screen`);
        for (const address of await page.locator('a[href]').evaluateAll((links) => links.map((link) => link.href))) {
            const isPage = address.startsWith(CONSOLE) && !address.includes('#') && !address.includes('.csv');
            if (isPage && !seen.has(kind(address)) && seen.size < MOST_PAGES) {
                seen.add(kind(address));
                waiting.push(address);
            }
        }
    }
    return seen;
}

async function wayIn(browser) {
    const own = await somebody(browser, BASE, [], {});
    const page = await own.newPage();
    const asked = `${CONSOLE}own/second-factor`;
    await page.goto(asked);
    await look(page, 'sign-in');
    await signIn(page, 'wrong');
    assert.match(await page.getByRole('alert').innerText(), /wrong/);
    assert.strictEqual(await page.getByLabel('User name').inputValue(), 'admin', 'the name is still there');
    await look(page, 'wrong-password');
    await signIn(page, 'admin-password');
    await page.waitForURL(asked);
    await page.getByRole('button', {name: 'Sign out'}).click();
    await page.getByLabel('User name').waitFor();
    await page.goBack();
    await page.getByLabel('User name').waitFor();
    await own.close();
}

withBrowser(BASE, OVERALL_LIMIT_MS, async (browser) => {
    await wayIn(browser);
    const narrow = {viewport: {width: 390, height: 800}};
    const wide = {colorScheme: 'light', viewport: {width: 1440, height: 900}};
    for (const [observe, options] of [
        [(page, here) => look(page, `light${here}`), wide],
        [(page, here) => look(page, `dark-narrow${here}`), {colorScheme: 'dark', ...narrow}],
        [() => {}, {javaScriptEnabled: false, ...wide}],
    ]) {
        const own = await somebody(browser, BASE, [], options);
        const page = await own.newPage();
        await page.goto(CONSOLE);
        await signIn(page, 'admin-password');
        await page.waitForURL(CONSOLE);
        const seen = await walk(page, observe);
        const missing = PLACES.map((place) => kind(CONSOLE + place)).filter((place) => !seen.has(place));
        assert.deepStrictEqual(missing, [], 'no link leads there');
        await own.close();
    }
    console.log('the console is as it should be');
});
