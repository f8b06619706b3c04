// Drives the pages for people with Chromium (playwright-core), as people use them, and has axe look at each of them, in light and
// dark. Shows: the way in with and without JavaScript, a wrong password, two tabs, the back button after signing out, a password
// that must be changed, and a second factor set up, asked for and left with a recovery code. The codes are computed here (RFC 6238).
//
// Chromium loads nothing but the service: any other request fails the run.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const {withBrowser, somebody, look} = require('./chromium.js');

const BASE = process.env.VESTIBULE_HTTP;
const ACCOUNT = '12345678';
const OWN = `${BASE}/me/${ACCOUNT}`;
const OVERALL_LIMIT_MS = 120_000;

function code(secret, steps) {
    const digits = [...secret].map(letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
    const key = Buffer.from(digits.match(/.{8}/g).map(bits => parseInt(bits, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
    const mac = crypto.createHmac('sha1', key).update(counter).digest();
    const offset = mac[19] & 15;
    return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function signIn(page, user, password) {
    await page.getByLabel('User name').fill(user);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', {name: 'Sign in'}).click();
}

const context = (browser, options) => somebody(browser, BASE, [], options);

/** Every page there is, looked at. */
async function everyPage(browser, scheme) {
    const own = await context(browser, {colorScheme: scheme});
    const page = await own.newPage();
    const name = step => `${scheme}-${step}`;
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

async function main(browser) {
    await withoutJavaScript(browser);
    await tabsAndBack(browser);
    for (const scheme of ['light', 'dark']) {
        await everyPage(browser, scheme);
    }
    await secondFactor(browser);
}

withBrowser(BASE, OVERALL_LIMIT_MS, main).then(() => process.exit(0), error => {
    console.error(error);
    process.exit(1);
});
