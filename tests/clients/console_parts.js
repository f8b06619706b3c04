// What drivers of the console share: an administrator who signs in in a browser, and one at the API; who logs in as a user; a walk over links.
'use strict';

const assert = require('assert');
const net = require('net');
const {somebody} = require('./chromium.js');

const BASE = process.env.VESTIBULE_ADMIN;
const OWNER = {name: 'admin', password: 'admin-password'};
const STEP_LIMIT_MS = 15_000;

async function signIn(page, {name, password} = OWNER) {
    await page.getByLabel('User name').fill(name);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', {name: 'Sign in'}).click();
}

/** A page of a browser of its own, in which somebody is signed in. */
async function signedIn(browser, {base = BASE, who = OWNER, ...options} = {}) {
    const own = await somebody(browser, base, [], options);
    own.setDefaultTimeout(STEP_LIMIT_MS);
    const page = await own.newPage();
    await page.goto(`${base}/console/`);
    await signIn(page, who);
    await page.waitForURL(`${base}/console/`);
    return page;
}

/** Does something that leads to another page, and waits for that; its answer. */
async function leads(page, act) {
    const isPage = (answer) => answer.request().isNavigationRequest() && answer.status() !== 303;
    const [answer] = await Promise.all([page.waitForResponse(isPage), page.waitForEvent('load'), act()]);
    return answer;
}

/** Clicks on what has this role and name, and leads to another page. */
function follow(page, role, name) {
    return leads(page, () => page.getByRole(role, {name, exact: true}).first().click());
}

/** What the page says of what was done, or is wrong. */
function notice(page) {
    return page.locator('#notice').innerText();
}

/** The owner at the API. */
async function administrator({base = BASE, who = OWNER, code} = {}) {
    const json = {'Content-Type': 'application/json'};
    const asked = async (method, place, headers, body) => {
        const answer = await fetch(`${base}/admin/v1/${place}`, {method, headers, body: body && JSON.stringify(body)});
        const text = await answer.text();
        assert.ok(answer.ok, `${method} ${place}: ${answer.status} ${text}`);
        return text ? JSON.parse(text) : {};
    };
    const {token} = await asked('POST', 'login', json, {username: who.name, password: who.password, code});
    const proof = {Authorization: `Bearer ${token}`};
    const any = {...proof, 'If-Match': '*'};
    return {
        get: (place) => asked('GET', place, proof),
        delete: (place) => asked('DELETE', place, any),
        post: (place, body) => asked('POST', place, {...proof, ...json}, body),
        put: (place, body) => asked('PUT', place, {...proof, ...json, 'If-None-Match': '*'}, body),
        patch: (place, body) => asked('PATCH', place, {...any, 'Content-Type': 'application/merge-patch+json'}, body),
    };
}

/** A login of a user; the answer. */
function logIn(account, body, headers = {}) {
    return fetch(`${process.env.VESTIBULE_HTTP}/api/account/${account}/login?v=1.3`, {
        method: 'POST', headers: {'Content-Type': 'application/json', ...headers}, body: JSON.stringify(body),
    });
}

/** A port that is free now. */
function freePort() {
    return new Promise((resolve) => {
        const server = net.createServer().listen(0, '127.0.0.1', () => {
            const {port} = server.address();
            server.close(() => resolve(port));
        });
    });
}

/** Of pages that differ in an id or a query alone one is looked at. */
function kind(address) {
    const {pathname} = new URL(address);
    const ofAnAccount = pathname.replace(/(\/accounts\/)[^/]+/, '$1:id');
    return ofAnAccount.split('/').map((part) => (/\d/.test(part) ? ':id' : part)).join('/');
}

/** Looks at the pages that links lead to, from these on: one of each kind, at most so many. `observe` is told what kind it is. */
async function walk(page, begin, most, observe) {
    const seen = new Set(begin.map(kind));
    const waiting = [...begin];
    while (waiting.length > 0) {
        const answer = await page.goto(waiting.shift());
        const here = kind(page.url());
        assert.strictEqual(answer.status(), 200, here);
        await observe(here);
        for (const address of await page.locator('a[href]').evaluateAll((links) => links.map((link) => link.href))) {
            const isPage = /^\/console\//.test(new URL(address).pathname) && !address.includes('#') && !address.includes('.csv');
            if (isPage && !seen.has(kind(address)) && seen.size < most) {
                seen.add(kind(address));
                waiting.push(address);
            }
        }
    }
    return seen;
}

module.exports = {BASE, signIn, signedIn, leads, follow, notice, administrator, logIn, freePort, kind, walk};
