// Drives the pages for people with Chromium (playwright-core), as people use them, and has axe look at each of them, in light and
// dark. Shows: the way in with and without JavaScript, a wrong password, two tabs, the back button after signing out, a password
// that must be changed, and a second factor set up, asked for and left with a recovery code. The codes are computed here (RFC 6238).
// All of it once more for an account with a look of its own, whose accent could not be read as it is, and the way in of an account
// that asks for a second factor.
//
// Chromium loads nothing but the service: any other request fails the run.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const zlib = require('zlib');
const {withBrowser, somebody, look} = require('./chromium.js');

const BASE = process.env.VESTIBULE_HTTP;
const ACCOUNT = '12345678';
const OWN = `${BASE}/me/${ACCOUNT}`;
const ADMIN = `${process.env.VESTIBULE_ADMIN}/admin/v1`;
const OVERALL_LIMIT_MS = 180_000;

function code(secret, steps) {
    const digits = [...secret].map(letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
    const key = Buffer.from(digits.match(/.{8}/g).map(bits => parseInt(bits, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
    const mac = crypto.createHmac('sha1', key).update(counter).digest();
    const offset = mac[19] & 15;
    return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** A ring on nothing, as PNG, as wide as is said. */
function ring(width, height) {
    const rows = Array.from({length: height}, (_, y) => [0, ...Array.from({length: width}, (_, x) => {
        const away = Math.hypot(x / width - 0.5, y / height - 0.5);
        return away > 0.3 && away < 0.48 ? [0x80, 0x20, 0x60, 0xff] : [0, 0, 0, 0];
    }).flat()]);
    const head = Buffer.alloc(13);
    head.writeUInt32BE(width, 0);
    head.writeUInt32BE(height, 4);
    head.set([8, 6, 0, 0, 0], 8);
    const chunk = (kind, data) => {
        const body = Buffer.concat([Buffer.from(kind), data]);
        const around = Buffer.alloc(8);
        around.writeUInt32BE(data.length, 0);
        around.writeUInt32BE(zlib.crc32(body), 4);
        return Buffer.concat([around.subarray(0, 4), body, around.subarray(4)]);
    };
    const image = zlib.deflateSync(Buffer.from(rows.flat()));
    const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
    return Buffer.concat([start, chunk('IHDR', head), chunk('IDAT', image), chunk('IEND', Buffer.alloc(0))]);
}

/** What an administrator asks for. */
async function administer(method, resource, body, headers) {
    const answer = await fetch(ADMIN + resource, {method, body, headers: {'if-match': '*', ...headers}});
    assert.ok(answer.ok, `${method} ${resource}: ${answer.status}`);
    return answer.status === 204 ? undefined : answer.json();
}

/** Changes fields of the account, and its logo; null takes that away. */
async function change(fields, logo) {
    const json = {'content-type': 'application/json'};
    const wanted = JSON.stringify({username: 'admin', password: 'admin-password'});
    const {token} = await administer('POST', '/login', wanted, json);
    const own = {authorization: `Bearer ${token}`};
    const patch = {...own, 'content-type': 'application/merge-patch+json'};
    await administer('PATCH', `/accounts/${ACCOUNT}`, JSON.stringify(fields), patch);
    if (logo === null) {
        await administer('DELETE', `/accounts/${ACCOUNT}/logo`, undefined, own);
    } else if (logo) {
        await administer('PUT', `/accounts/${ACCOUNT}/logo`, logo, {...own, 'content-type': 'image/png'});
    }
}

/** Gives the account a look, or another accent. */
const setLook = (accent) => change({look: {name: 'Acme Assurance', accent, contact: 'help@acme.example'}}, ring(96, 96));

async function signIn(page, user, password) {
    await page.getByLabel('User name').fill(user);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', {name: 'Sign in'}).click();
}

const context = (browser, options) => somebody(browser, BASE, [], options);

/** Every page there is, looked at. */
async function everyPage(browser, scheme, whose, options) {
    const own = await context(browser, {colorScheme: scheme, ...options});
    const page = await own.newPage();
    const name = step => `${whose}-${scheme}-${step}`;
    await page.goto(`${BASE}/me/login`);
    await look(page, name('account'));
    await page.getByLabel('Account').fill(ACCOUNT);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${OWN}/login`);
    await look(page, name('login'));
    await signIn(page, 'name', 'wrong');
    assert.match(await page.getByRole('alert').innerText(), /wrong/);
    await look(page, name('wrong'));
    await signIn(page, 'mustchange', 'password');
    assert.match(await page.getByRole('alert').innerText(), /has to be changed/);
    await look(page, name('must-change'));
    await page.goto(`${OWN}/login`);
    await signIn(page, 'name', 'password');
    await page.waitForURL(`${OWN}/`);
    await look(page, name('me'));
    await page.getByRole('link', {name: 'Change password'}).click();
    await look(page, name('password'));
    await page.goto(`${OWN}/second-factor`);
    await look(page, name('enrol'));
    await page.goto(`${BASE}/me/a-b/login`);
    await look(page, name('not-found'));
    await own.close();
}

/** The logo is drawn, and a button has the colour of the account also under the pointer, as the policy of the pages allows. */
async function looksLikeItself(browser, accent) {
    const own = await context(browser, {});
    const page = await own.newPage();
    const refused = [];
    page.on('console', message => refused.push(message.text()));
    await page.goto(`${OWN}/login`);
    const width = await page.locator('img.logo').evaluate(image => image.complete && image.naturalWidth);
    assert.strictEqual(width, 96);
    const button = page.getByRole('button', {name: 'Sign in'});
    const ground = () => button.evaluate(shown => getComputedStyle(shown).backgroundColor);
    assert.strictEqual(await ground(), accent);
    await button.hover();
    assert.notStrictEqual(await ground(), accent);
    assert.strictEqual(await page.getByRole('link', {name: 'help@acme.example'}).getAttribute('href'), 'mailto:help@acme.example');
    assert.deepStrictEqual(refused, []);
    await own.close();
}

/** A second factor from its setting up to its end. */
async function secondFactor(browser) {
    const own = await context(browser, {});
    const page = await own.newPage();
    await page.goto(`${OWN}/login`);
    await signIn(page, 'name', 'password');
    await page.getByRole('link', {name: 'Set up a second step'}).click();
    const secret = await page.locator('.secret').innerText();
    await page.getByRole('textbox', {name: 'Code'}).fill(code(secret, 0));
    await page.getByLabel('Your password').fill('password');
    await page.getByRole('button', {name: 'Set up'}).click();
    const recovery = await page.locator('.codes li').allInnerTexts();
    assert.strictEqual(recovery.length, 10);
    await look(page, 'recovery-codes');
    await page.getByRole('button', {name: 'Sign out'}).click();
    await signIn(page, 'name', 'password');
    await page.waitForURL(`${OWN}/login/code`);
    await page.getByRole('textbox', {name: 'Code'}).fill('000000');
    await page.getByRole('button', {name: 'Sign in'}).click();
    assert.match(await page.getByRole('alert').innerText(), /This code is wrong/);
    await look(page, 'code');
    await page.getByRole('textbox', {name: 'Code'}).fill(code(secret, 1));
    await page.getByRole('button', {name: 'Sign in'}).click();
    await page.waitForURL(`${OWN}/`);
    await page.getByRole('link', {name: 'Second step'}).click();
    await look(page, 'second-step');
    await page.getByRole('textbox', {name: 'Code'}).fill(recovery[0]);
    await page.getByRole('button', {name: 'Switch the second step off'}).click();
    assert.match(await page.getByRole('status').innerText(), /switched off/);
    await own.close();
}

/** An account that asks for a second factor: it is set up on the way in. */
async function requiredFactor(browser) {
    await change({second_factor: 'required'});
    for (const [scheme, viewport] of [['light', {width: 1000, height: 760}], ['dark', {width: 340, height: 700}]]) {
        const own = await context(browser, {colorScheme: scheme, viewport});
        const page = await own.newPage();
        await page.goto(`${OWN}/login?continue=/me/${ACCOUNT}/password`);
        await signIn(page, 'name', 'password');
        await page.waitForURL(/login\/second-factor/);
        await look(page, `set-up-${scheme}`);
        if (scheme === 'dark') {
            const secret = await page.locator('.secret').innerText();
            await page.getByRole('textbox', {name: 'Code'}).fill(code(secret, 0));
            await page.getByRole('button', {name: 'Set up'}).click();
            assert.strictEqual(await page.locator('.codes li').count(), 10);
            await look(page, 'set-up-codes');
            await page.getByRole('link', {name: 'I have kept them'}).click();
            await page.waitForURL(`${OWN}/password`);
            await page.goto(`${OWN}/second-factor`);
            assert.strictEqual(await page.getByRole('button', {name: 'Switch the second step off'}).count(), 0);
            await look(page, 'required');
        }
        await own.close();
    }
}

/** Two tabs of one browser, and the button that leads back. */
async function tabsAndBack(browser) {
    const own = await context(browser, {});
    const [one, two] = [await own.newPage(), await own.newPage()];
    await one.goto(`${OWN}/login`);
    await two.goto(`${OWN}/login`);
    await signIn(one, 'name', 'password');
    await one.waitForURL(`${OWN}/`);
    await signIn(two, 'name', 'password');
    await two.waitForURL(`${OWN}/`);
    await two.getByRole('link', {name: 'Change password'}).click();
    await two.waitForURL(`${OWN}/password`);
    await two.getByRole('button', {name: 'Sign out'}).click();
    await two.waitForURL(/login/);
    await two.goBack();
    await two.waitForURL(`${OWN}/login`);
    await one.reload();
    await one.waitForURL(`${OWN}/login`);
    await own.close();
}

async function withoutJavaScript(browser) {
    const own = await context(browser, {javaScriptEnabled: false});
    const page = await own.newPage();
    await page.goto(`${OWN}/login?continue=/me/${ACCOUNT}/password`);
    await signIn(page, 'name', 'password');
    await page.waitForURL(`${OWN}/password`);
    await page.getByRole('button', {name: 'Sign out'}).click();
    await page.waitForURL(/done=signed-out/);
    assert.match(await page.getByRole('status').innerText(), /signed out/);
    await own.close();
}

/** On a phone nothing is beside the screen, and a button is one line high, however wide the logo is. */
async function onPhones(browser) {
    const wide = {name: 'Acme Assurance and Reassurance Company', accent: '#2b5797'};
    for (const [what, logo] of [['logo', ring(960, 120)], ['name', null]]) {
        await change({look: wide}, logo);
        for (const width of [340, 390]) {
            const own = await context(browser, {viewport: {width, height: 700}});
            const page = await own.newPage();
            await page.goto(`${OWN}/login`);
            await signIn(page, 'name', 'password');
            await page.waitForURL(`${OWN}/`);
            // The page is drawn again with a session beside its own, which can be ended.
            const other = await context(browser, {});
            const there = await other.newPage();
            await there.goto(`${OWN}/login`);
            await signIn(there, 'name', 'password');
            await there.waitForURL(`${OWN}/`);
            await page.reload();
            await look(page, `phone-${what}-${width}`);
            const over = await page.evaluate(() => [...document.querySelectorAll('body, .scroll, .who, .who span')]
                .filter(box => box.scrollWidth > box.clientWidth && box.clientWidth > 0).map(box => box.outerHTML.slice(0, 60)));
            assert.deepStrictEqual(over, [], `${what} ${width}`);
            for (const button of [page.getByRole('button', {name: 'Sign out'}), page.getByRole('button', {name: /^End the session/}).first()]) {
                const box = await button.boundingBox();
                assert.ok(box.x >= 0 && box.x + box.width <= width && box.height < 44, `${what} ${width}: ${JSON.stringify(box)}`);
            }
            const user = await page.locator('.who span').boundingBox();
            assert.ok(user.height < 32, `${what} ${width}: the user name is broken: ${JSON.stringify(user)}`);
            await page.getByRole('button', {name: 'End all other sessions'}).click();
            await own.close();
            await other.close();
        }
    }
}

async function main(browser) {
    await withoutJavaScript(browser);
    await tabsAndBack(browser);
    for (const scheme of ['light', 'dark']) {
        await everyPage(browser, scheme, 'plain', {});
    }
    await secondFactor(browser);
    // Yellow cannot be read on white, nor navy on black, nor what is neither on both.
    for (const [accent, shown] of [['#ffe900', 'rgb(255, 233, 0)'], ['#000050', 'rgb(0, 0, 80)'], ['#777777', 'rgb(119, 119, 119)']]) {
        await setLook(accent);
        await looksLikeItself(browser, shown);
        for (const scheme of ['light', 'dark']) {
            await everyPage(browser, scheme, accent.slice(1), {});
        }
    }
    await everyPage(browser, 'dark', 'narrow', {viewport: {width: 340, height: 700}});
    await onPhones(browser);
    await requiredFactor(browser);
}

withBrowser(BASE, OVERALL_LIMIT_MS, main).then(() => process.exit(0), error => {
    console.error(error);
    process.exit(1);
});
