// Drives the console with Chromium (playwright-core), as an administrator does, and has axe look at every page that a link of it leads
// to: light on a wide screen, and dark on a narrow one; and walks once more with JavaScript off. Shows: signing in with a wrong and a right password,
// a page that was asked for before signing in, and that nothing is left to see after signing out, with the back button either.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const {withBrowser, somebody, look} = require('./chromium.js');
const {BASE, signIn, signedIn, logIn, administrator, kind, walk} = require('./console_parts.js');

const CONSOLE = `${BASE}/console/`;
const OVERALL_LIMIT_MS = 600_000;
/** More pages than are looked at are of the same kinds. */
const MOST_PAGES = 120;
/** What is among them. */
const PLACES = ['', 'traffic', 'traffic/compare', 'accounts/:id/traffic', 'accounts', 'accounts/:id', 'accounts/:id/users', 'accounts/:id/users/:id', 'accounts/:id/api-keys', 'sessions', 'sessions/:id', 'why'];
/** The same of a connection. */
const OF_A_CONNECTION = ['', '/test', '/message', '/secret', '/refresh', '/delete'];

/** A connection of OpenID Connect, whose provider is not there; its page. */
async function connection() {
    const {publicKey} = crypto.generateKeyPairSync('rsa', {modulusLength: 2048});
    const jwks = JSON.stringify({keys: [{...publicKey.export({format: 'jwk'}), kid: 'first'}]});
    const issuer = 'http://127.0.0.1:9';
    const oidc = {
        issuer, client_id: 'vestibule', authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks`, jwks,
    };
    const made = await (await administrator()).post('accounts/12345678/connections', {name: 'provider', oidc});
    return `${CONSOLE}accounts/12345678/connections/${made.id}`;
}

async function wayIn(browser) {
    const own = await somebody(browser, BASE, [], {});
    const page = await own.newPage();
    const asked = `${CONSOLE}own/second-factor`;
    await page.goto(asked);
    await look(page, 'sign-in');
    await signIn(page, {name: 'admin', password: 'wrong'});
    assert.match(await page.getByRole('alert').innerText(), /wrong/);
    assert.strictEqual(await page.getByLabel('User name').inputValue(), 'admin', 'the name is still there');
    await look(page, 'wrong-password');
    await signIn(page);
    await page.waitForURL(asked);
    await page.getByRole('button', {name: 'Sign out'}).click();
    await page.getByLabel('User name').waitFor();
    await page.goBack();
    await page.getByLabel('User name').waitFor();
    await own.close();
}

/** Waits until something holds. */
async function until(what, holds) {
    for (let time = 0; time < 200; time++) {
        if (await holds()) {
            return;
        }
        await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    assert.fail(what);
}

/** What the script does, where there is one. */
async function script(browser) {
    const permissions = ['clipboard-read', 'clipboard-write'];
    const own = await somebody(browser, BASE, [], {timezoneId: 'America/New_York', permissions});
    const page = await own.newPage();
    await page.clock.install();
    await page.goto(CONSOLE);
    await signIn(page);
    await page.waitForURL(CONSOLE);

    const sessions = page.locator('[data-live="sessions"]');
    const before = Number(await sessions.innerText());
    await logIn('12345678', {username: 'name', password: 'password'});
    await logIn('12345678', {username: 'agent', password: 'agent-password'});
    await page.clock.fastForward(11_000);
    await until('the number is that of now', async () => Number(await sessions.innerText()) === before + 2);

    await page.keyboard.press('/');
    assert.strictEqual(await page.evaluate(() => document.activeElement.id), 'wanted', 'a slash leads to the search');
    await page.keyboard.type('a/b');
    assert.strictEqual(await page.locator('#wanted').inputValue(), 'a/b', 'where somebody writes it is a slash');

    await page.goto(`${CONSOLE}sessions`);
    const time = page.locator('tbody time').first();
    assert.match(await time.innerText(), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d E[SD]T$/);
    assert.match(await time.getAttribute('title'), / UTC$/);
    const boxes = page.locator('tbody input[type="checkbox"]');
    await page.getByLabel('Select all').check();
    assert.deepStrictEqual(await boxes.evaluateAll((all) => all.map((box) => box.checked).includes(false)), false);
    await boxes.first().uncheck();
    assert.strictEqual(await page.getByLabel('Select all').isChecked(), false);
    await look(page, 'sessions-selected');

    await page.goto(`${CONSOLE}own/second-factor`);
    const secret = (await page.locator('.secret').innerText()).trim();
    await page.getByRole('button', {name: 'Copy'}).click();
    await page.getByRole('button', {name: 'Copied'}).waitFor();
    assert.strictEqual(await page.evaluate(() => navigator.clipboard.readText()), secret);
    await look(page, 'secret-copied');

    await page.goto(`${CONSOLE}why`);
    let sent = 0;
    await page.route('**/console/why', async (route) => {
        sent += 1;
        // Slow enough for a second click.
        await new Promise((resolve) => { setTimeout(resolve, 500); });
        await route.continue();
    });
    await page.getByLabel('What somebody has of the session').fill('nothing');
    const ask = page.getByRole('button', {name: 'Find out why'});
    const isOff = await ask.evaluate(async (button) => {
        button.click();
        await new Promise((resolve) => { setTimeout(resolve, 50); });
        const {disabled} = button;
        button.click();
        return disabled;
    });
    assert.ok(isOff, 'a button is pressed once');
    await page.getByRole('alert').waitFor();
    assert.strictEqual(sent, 1);
    await own.close();
}

withBrowser(BASE, OVERALL_LIMIT_MS, async (browser) => {
    await wayIn(browser);
    await script(browser);
    const ofAConnection = await connection();
    const narrow = {viewport: {width: 390, height: 800}};
    const wide = {colorScheme: 'light', viewport: {width: 1440, height: 900}};
    for (const [observe, options] of [
        [(page, here) => look(page, `light${here}`), wide],
        [(page, here) => look(page, `dark-narrow${here}`), {colorScheme: 'dark', ...narrow}],
        [() => {}, {javaScriptEnabled: false, ...wide}],
    ]) {
        const page = await signedIn(browser, options);
        const seen = await walk(page, [CONSOLE, ofAConnection], MOST_PAGES, async (here) => {
            await observe(page, here.replaceAll('/', '-'));
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            assert.ok(wide <= 0, `${here} is ${wide} px wider than the screen`);
        });
        const places = [...PLACES.map((place) => CONSOLE + place), ...OF_A_CONNECTION.map((place) => ofAConnection + place)];
        const missing = places.map(kind).filter((place) => !seen.has(place));
        assert.deepStrictEqual(missing, [], 'no link leads there');
        await page.context().close();
    }
    console.log('the console is as it should be');
});
