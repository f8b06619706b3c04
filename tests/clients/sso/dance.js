// Run by dance.py, which has started both identity providers: people log in through them in Chromium, to the pages and for a client of
// the sentinel, with and without scripts, in two tabs, too late, and press the button that leads back. axe looks at each page of ours.
'use strict';

const assert = require('assert');
const {withBrowser, somebody, look} = require('../chromium.js');

const HTTPS = process.env.VESTIBULE_HTTPS;
const ACCOUNT = '12345678';
const OWN = `${HTTPS}/me/${ACCOUNT}`;
const SENTINEL = `${HTTPS}/sentinel/api/account/${ACCOUNT}`;
const {providers: PROVIDERS, asking: ASKING} = JSON.parse(process.env.VESTIBULE_DANCE);
const OTHERS = PROVIDERS.map(({address}) => address);
const OVERALL_LIMIT_MS = 290_000;

// The client that a development server has. Nobody listens where its users come back to.
const BACK = 'http://127.0.0.1:9099/callback';
const DEMO = {client_id: '0a1b2c3d4e5f60718293a4b5c6d7e8f9', secret: 'demo-client-secret'};

const submit = (page) => page.locator('[type=submit]:visible').first().click();

/** What somebody does at the page of a provider, until the provider lets them go. */
const AT_PROVIDER = {
    async ssp(page, {user, password}) {
        await page.locator('input[name=username]').fill(user);
        await page.locator('input[name=password]').fill(password);
        await submit(page);
    },
    async op(page, {user, password}) {
        await page.locator('input[name=login]').fill(user);
        await page.locator('input[name=password]').fill(password);
        const answered = page.waitForResponse((response) => response.request().isNavigationRequest() && response.status() === 200);
        await submit(page);
        // Whether the client may know them, which it asks once.
        if ((await answered).url().includes('/interaction/')) {
            await page.locator('input[name=prompt][value=consent]').waitFor({state: 'attached'});
            await submit(page);
        }
    },
};

const person = (browser, options = {}) => somebody(browser, HTTPS, OTHERS, options);

/** From the login page, which is open, to the page of a provider. */
const choose = (page, {button}) => page.getByRole('link', {name: `Continue with ${button}`}).click();

async function begin(page, provider) {
    await page.goto(`${OWN}/login`);
    await choose(page, provider);
}

async function expectHome(page, {user}) {
    await page.waitForURL(`${OWN}/`, {waitUntil: 'domcontentloaded'}).catch(async (error) => {
        throw new Error(`${error.message} It is at ${page.url()}: ${await page.locator('body').innerText()}`);
    });
    assert.match(await page.locator('body').innerText(), new RegExp(`User name ${user}`));
}

async function logIn(page, provider) {
    await begin(page, provider);
    await AT_PROVIDER[provider.kind](page, provider);
    await expectHome(page, provider);
}

/** In, with whatever the browser keeps of it, and out of the way of whoever presses the button that leads back. */
async function inAndBack(browser, provider, colorScheme) {
    const own = await person(browser, {colorScheme});
    const page = await own.newPage();
    await page.goto(`${OWN}/login`);
    await look(page, `${provider.kind}-login-${colorScheme}`);
    await logIn(page, provider);
    await look(page, `${provider.kind}-me-${colorScheme}`);
    const kept = (await own.cookies(HTTPS)).filter(({name}) => name.startsWith('__Host-'));
    assert.deepStrictEqual(kept.map(({name}) => name).sort(), ['__Host-vestibule', '__Host-vestibule-form']);
    assert(kept.every(({secure, httpOnly}) => secure && httpOnly), JSON.stringify(kept));

    // What the provider makes of it is its own. If its answer comes once more, it is told in words, with a way on.
    await page.goBack();
    if (provider.kind === 'ssp') {
        await page.getByText('finished already').waitFor();
        await look(page, `${provider.kind}-back-${colorScheme}`);
        await page.getByRole('link', {name: 'Sign in'}).click();
        await expectHome(page, provider);
    }
    await page.goto(`${OWN}/`);
    await expectHome(page, provider);
    await own.close();
}

/** Two attempts of one browser, the first finished last. */
async function twoTabs(browser, provider) {
    const own = await person(browser);
    const [first, second] = [await own.newPage(), await own.newPage()];
    await begin(first, provider);
    await first.locator('input[name=password]').waitFor();
    await begin(second, provider);
    await AT_PROVIDER[provider.kind](second, provider);
    await expectHome(second, provider);
    await AT_PROVIDER[provider.kind](first, provider);
    await expectHome(first, provider);
    await second.reload();
    await expectHome(second, provider);
    await own.close();
}

/** The browser has forgotten the attempt, as it does after ten minutes. */
async function tooLate(browser, provider) {
    const own = await person(browser);
    const page = await own.newPage();
    await begin(page, provider);
    await page.locator('input[name=password]').waitFor();
    await own.clearCookies({name: /^__Host-sso-/});
    await AT_PROVIDER[provider.kind](page, provider);
    await page.getByText('This sign-in took too long').waitFor();
    await look(page, `${provider.kind}-too-late`);
    await page.getByRole('link', {name: 'Sign in'}).click();
    // They are still logged in at the provider.
    await choose(page, provider);
    await expectHome(page, provider);
    await own.close();
}

async function withoutScripts(browser, provider) {
    const own = await person(browser, {javaScriptEnabled: false});
    const page = await own.newPage();
    // SimpleSAMLphp's own style hides the button that people without scripts have to press, as soon as it is there.
    await page.route('**/resources/post.css', (route) => route.abort());
    await begin(page, provider);
    await AT_PROVIDER[provider.kind](page, provider);
    if (provider.kind === 'ssp') {
        await page.locator('input[name=SAMLResponse]').waitFor({state: 'attached'});
        await submit(page);
    }
    await expectHome(page, provider);
    await own.close();
}

function authorizeAddress({client_id}) {
    const query = {v: '1.0', response_type: 'code', client_id, redirect_uri: BACK, state: 'of the client'};
    return `${SENTINEL}/authorize?${new URLSearchParams(query)}`;
}

/** Where the browser goes back to the client, whatever has it do so. Nobody answers there. */
async function backAtClient(page, action) {
    const asked = page.waitForRequest((request) => request.url().startsWith(BACK));
    await action().catch((error) => assert.match(String(error), /ERR_CONNECTION_REFUSED|closed/));
    const query = new URL((await asked).url()).searchParams;
    assert.strictEqual(query.get('state'), 'of the client');
    await page.close();
    return query;
}

async function bearerOf({client_id, secret}, code) {
    const form = {grant_type: 'authorization_code', code, redirect_uri: BACK, client_id, client_secret: secret};
    const answer = await fetch(`${process.env.VESTIBULE_HTTP}/sentinel/api/account/${ACCOUNT}/token?v=1.0`, {
        method: 'POST',
        body: new URLSearchParams(form),
    });
    const text = await answer.text();
    assert.strictEqual(answer.status, 200, text);
    const {access_token: bearer, id_token: idToken} = JSON.parse(text);
    assert.match(bearer, /^[0-9a-f]{64}$/);
    return JSON.parse(Buffer.from(idToken.split('.')[1], 'base64url'));
}

/** A client sends somebody, who comes back with a code that becomes a bearer. */
async function forAClient(browser, provider) {
    const own = await somebody(browser, HTTPS, [...OTHERS, BACK], {});
    let page = await own.newPage();
    await page.goto(authorizeAddress(DEMO));
    await page.waitForURL(/\/login\?/);
    await choose(page, provider);
    const query = await backAtClient(page, () => AT_PROVIDER[provider.kind](page, provider));
    const claims = await bearerOf(DEMO, query.get('code'));
    assert.strictEqual(claims.aud, DEMO.client_id);

    // Signed in, and asked by a client that has its users asked.
    page = await own.newPage();
    await page.goto(authorizeAddress(ASKING));
    await page.getByText('Allow access?').waitFor();
    await look(page, 'consent');
    const refused = await backAtClient(page, () => page.getByRole('button', {name: 'Do not allow'}).click());
    assert.strictEqual(refused.get('error'), 'access_denied');
    assert.strictEqual(refused.get('code'), null);
    page = await own.newPage();
    await page.goto(authorizeAddress(ASKING));
    const allowed = await backAtClient(page, () => page.getByRole('button', {name: 'Allow', exact: true}).click());
    await bearerOf(ASKING, allowed.get('code'));
    await own.close();
}

/** By password, without scripts: the page that leads back to the client does so by itself. */
async function byPasswordForAClient(browser) {
    const own = await somebody(browser, HTTPS, [...OTHERS, BACK], {javaScriptEnabled: false});
    const page = await own.newPage();
    await page.goto(authorizeAddress(DEMO));
    await page.getByLabel('User name').fill('name');
    await page.getByLabel('Password').fill('password');
    const query = await backAtClient(page, () => page.getByRole('button', {name: 'Sign in'}).click());
    await bearerOf(DEMO, query.get('code'));
    await own.close();
}

/** A test of the connection, which signs nobody in, and counts once. */
async function tested(browser, provider) {
    const own = await person(browser);
    const page = await own.newPage();
    await page.goto(provider.test);
    await AT_PROVIDER[provider.kind](page, provider);
    await page.getByText(`This would sign in ${provider.user}`).waitFor();
    await look(page, `${provider.kind}-tested`);
    await page.goto(`${OWN}/`);
    await page.waitForURL(`${OWN}/login`);
    const again = await page.goto(provider.test);
    assert.strictEqual(again.status(), 404);
    await look(page, `${provider.kind}-tested-again`);
    await own.close();
}

/** A logout at SimpleSAMLphp that has every service in a frame: no cookie of ours is sent there. */
async function outInFrames(browser, provider) {
    const own = await person(browser);
    const page = await own.newPage();
    await logIn(page, provider);
    await page.goto(provider.logout);
    await page.getByRole('button', {name: 'Yes, all services'}).click();
    // What follows in its frame leads back to it, and ends with its own front page.
    await page.waitForURL(/frontpage/);
    await page.goto(`${OWN}/`);
    await page.waitForURL(`${OWN}/login`);
    await own.close();
}

async function main(browser) {
    for (const provider of PROVIDERS) {
        await tested(browser, provider);
        for (const colorScheme of ['light', 'dark']) {
            await inAndBack(browser, provider, colorScheme);
        }
        await twoTabs(browser, provider);
        await tooLate(browser, provider);
        await withoutScripts(browser, provider);
        await forAClient(browser, provider);
        if (provider.logout) {
            await outInFrames(browser, provider);
        }
    }
    await byPasswordForAClient(browser);
}

withBrowser(HTTPS, OVERALL_LIMIT_MS, main).then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
});
