// Drives the console's forms with Chromium (playwright-core). Shows: a user is made, changed, disabled and deleted without JavaScript,
// and what changes and what ends is told before; the back button leads to what was typed; two clicks make one user; a session that
// ends in the middle of a form loses nothing but secrets, and does nothing by itself; of two administrators the second is told.
'use strict';

const assert = require('assert');
const {withBrowser} = require('./chromium.js');
const {BASE, signIn, signedIn, leads, follow, notice, administrator, logIn} = require('./console_parts.js');

const ACCOUNT = '12345678';
const USERS = `${BASE}/console/accounts/${ACCOUNT}/users`;
const PASSWORD = 'orchard-teapot-quartz-41';
const OVERALL_LIMIT_MS = 60_000;

const usersNamed = async (admin, name) => (await admin.get(`accounts/${ACCOUNT}/users?name=${name}`)).users;

/** A user, as the API makes one. */
async function user(admin, name) {
    const body = {login_name: name, full_name: 'Before', password: PASSWORD, must_change_password: false};
    return (await admin.post(`accounts/${ACCOUNT}/users`, body)).id;
}

/** The rows of a table of what is different, each as the texts of its cells. */
function rows(page) {
    return page.locator('table.difference tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText.trim())));
}

async function withoutScripts(browser, admin) {
    const page = await signedIn(browser, {javaScriptEnabled: false});
    await page.goto(USERS);
    await follow(page, 'link', 'New person');
    await page.getByLabel('Login name').fill('plain');
    await page.getByLabel('Password', {exact: false}).first().fill('short');
    await page.getByLabel('It has to be changed at the first login').uncheck();
    await follow(page, 'button', 'Make the person');
    assert.match(await page.getByRole('alert').innerText(), /Nothing was done yet/);
    assert.strictEqual(await page.getByLabel('Login name').inputValue(), 'plain', 'what was typed is still there');
    assert.strictEqual(await page.locator('input[type=password]').inputValue(), '', 'but the password');
    await page.locator('input[type=password]').fill(PASSWORD);
    await follow(page, 'button', 'Make the person');
    assert.strictEqual(await notice(page), 'Made.');
    const own = page.url().split('?')[0];

    await follow(page, 'link', 'Edit');
    await page.getByLabel('Nickname').fill('Plain');
    await leads(page, () => page.locator('form.card button').click());
    assert.deepStrictEqual(await rows(page), [['Nickname', 'plain', 'Plain']]);
    assert.strictEqual((await usersNamed(admin, 'plain'))[0].nickname, 'plain', 'nothing was done yet');
    await page.locator('button[value=do]').click();
    await page.waitForURL(`${own}?done=changed`);
    assert.strictEqual((await usersNamed(admin, 'plain'))[0].nickname, 'Plain');

    assert.strictEqual((await logIn(ACCOUNT, {username: 'plain', password: PASSWORD})).status, 200);
    await page.goto(own);
    await follow(page, 'link', 'Disable');
    assert.match(await page.locator('.consequences').innerText(), /Ends 1 live session\./);
    await follow(page, 'button', 'Disable');
    assert.match(await notice(page), /^Disabled\./);
    assert.notStrictEqual((await logIn(ACCOUNT, {username: 'plain', password: PASSWORD})).status, 200);
    await follow(page, 'link', 'Enable');
    await follow(page, 'button', 'Enable');

    assert.strictEqual((await logIn(ACCOUNT, {username: 'plain', password: PASSWORD})).status, 200);
    await follow(page, 'link', 'Delete');
    assert.match(await page.locator('.consequences').innerText(), /Ends 1 live session\./);
    await page.getByLabel('Its name').fill('another');
    assert.strictEqual((await follow(page, 'button', 'Delete')).status(), 422);
    await page.getByLabel('Its name').fill('plain');
    await follow(page, 'button', 'Delete');
    assert.strictEqual(await notice(page), 'Deleted.');
    assert.deepStrictEqual(await usersNamed(admin, 'plain'), []);
    await page.context().close();
}

async function backButton(browser, admin) {
    const id = await user(admin, 'back');
    const page = await signedIn(browser);
    await page.goto(`${USERS}/${id}/edit`);
    await page.getByLabel('Nickname').fill('Typed');
    await page.locator('form.card button').click();
    await page.locator('table.difference').waitFor();
    await page.goBack();
    assert.strictEqual(await page.getByLabel('Nickname').inputValue(), 'Typed', 'the back button leads to what was typed');
    await page.locator('form.card button').click();
    await follow(page, 'button', 'Go on editing');
    assert.strictEqual(await page.getByLabel('Nickname').inputValue(), 'Typed');
    assert.strictEqual((await usersNamed(admin, 'back'))[0].nickname, 'back', 'nothing was done yet');
    await page.locator('form.card button').click();
    await page.locator('button[value=do]').click();
    await page.waitForURL(/done=changed/);
    // Back to what was shown before it was done, sent once more: it is so already.
    await page.goBack();
    await page.reload();
    await page.waitForURL(/done=same/);
    await page.context().close();
}

/** Two clicks at once, and a third on the page that the back button leads to. */
async function doubleSubmit(browser, admin) {
    const page = await signedIn(browser);
    for (const [name, isAtOnce] of [['twice', true], ['once-more', false]]) {
        await page.goto(`${USERS}/new`);
        await page.getByLabel('Login name').fill(name);
        const button = page.locator('form.card button');
        await (isAtOnce ? button.evaluate((it) => { it.click(); it.click(); }) : button.dblclick());
        await page.waitForURL(/done=made/);
        const users = await usersNamed(admin, name);
        assert.deepStrictEqual(users.map((it) => page.url().includes(`/users/${it.id}?`)), [true], 'there is one, and this is its page');
    }
    await page.context().close();
}

/** The references of the sessions of administrators in the console. */
async function ofConsole(admin) {
    return (await admin.get('sessions?account=administrators&limit=1000')).sessions.map((it) => it.reference);
}

async function expiredSession(browser, admin) {
    const before = await ofConsole(admin);
    const page = await signedIn(browser);
    await page.goto(`${USERS}/new`);
    await page.getByLabel('Login name').fill('late');
    await page.getByLabel('Nickname').fill('<i>Late</i>');
    await page.getByLabel('Population').selectOption('agent');
    await page.getByLabel('It has to be changed at the first login').uncheck();
    await page.locator('input[type=password]').fill(PASSWORD);
    for (const reference of (await ofConsole(admin)).filter((it) => !before.includes(it))) {
        await admin.delete(`sessions/${reference}`);
    }
    await page.locator('form.card button').click();
    await page.getByLabel('User name').waitFor();
    assert.ok(!(await page.content()).includes(PASSWORD), 'the password goes nowhere');
    await signIn(page);
    await page.getByText('Nothing was done yet.').waitFor();
    assert.ok(!(await page.content()).includes(PASSWORD), 'the password is kept nowhere');
    assert.deepStrictEqual(await usersNamed(admin, 'late'), [], 'nothing is done by itself');
    await follow(page, 'button', 'Back to the form');
    assert.strictEqual(await page.getByLabel('Login name').inputValue(), 'late');
    assert.strictEqual(await page.getByLabel('Nickname').inputValue(), '<i>Late</i>');
    assert.strictEqual(await page.getByLabel('Population').inputValue(), 'agent');
    assert.ok(!await page.getByLabel('It has to be changed at the first login').isChecked());
    assert.strictEqual(await page.locator('input[type=password]').inputValue(), '', 'secrets are typed anew');
    assert.deepStrictEqual(await usersNamed(admin, 'late'), [], 'nothing is done by itself');
    await page.locator('input[type=password]').fill(PASSWORD);
    await follow(page, 'button', 'Make the person');
    assert.strictEqual((await usersNamed(admin, 'late'))[0].population, 'agent');
    await page.context().close();
}

async function twoAdministrators(browser, admin) {
    const id = await user(admin, 'shared');
    const second = {name: 'second', password: 'lantern-otter-quilt-7'};
    const body = {login_name: second.name, password: second.password, must_change_password: false};
    const made = await admin.post('accounts/administrators/users', body);
    await admin.put(`administrators/${made.id}`, {role: 'administrator', account: ACCOUNT});
    const pages = await Promise.all([signedIn(browser), signedIn(browser, {who: second})]);
    for (const page of pages) {
        await page.goto(`${USERS}/${id}/edit`);
    }
    for (const [page, name] of [[pages[0], 'Theirs'], [pages[1], 'Yours']]) {
        await page.locator('#full_name').fill(name);
        await page.locator('form.card button').click();
        await page.locator('table.difference').waitFor();
        if (name === 'Theirs') {
            await page.locator('button[value=do]').click();
            await page.waitForURL(/done=changed/);
        }
    }
    const [, page] = pages;
    assert.match(await notice(page), /Somebody else has changed this/);
    assert.deepStrictEqual(await rows(page), [['Name', 'Before', 'Theirs', 'Yours']]);
    const name = async () => (await usersNamed(admin, 'shared'))[0].full_name;
    assert.strictEqual(await name(), 'Theirs');
    await follow(page, 'button', 'Save mine over theirs');
    assert.strictEqual(await name(), 'Yours');
    await Promise.all(pages.map((it) => it.context().close()));
}

withBrowser(BASE, OVERALL_LIMIT_MS, async (browser) => {
    const admin = await administrator();
    for (const part of [withoutScripts, backButton, doubleSubmit, expiredSession, twoAdministrators]) {
        try {
            await part(browser, admin);
        } catch (error) {
            throw new Error(part.name, {cause: error});
        }
    }
    console.log('forms lose nothing, and do things once');
});
