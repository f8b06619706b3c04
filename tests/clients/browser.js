// What a browser does between a client and the login page: follows redirects, keeps cookies, fills in the form.
// It leaves this machine for nobody, and stops at the first address on the client's own host: that is where a client takes over.
'use strict';

const assert = require('assert');

class Browser {
    constructor() {
        this.cookies = new Map();
    }

    async ask(url, options = {}) {
        const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const headers = {...options.headers, ...(cookie && {cookie})};
        const answer = await fetch(url, {...options, headers, redirect: 'manual'});
        for (const set of answer.headers.getSetCookie()) {
            const [name, ...value] = set.split(';')[0].split('=');
            this.cookies.set(name, value.join('='));
        }
        return answer;
    }
}

/** The value of a hidden field of a form. */
function field(html, name) {
    const found = new RegExp(`name="${name}" value="([^"]*)"`).exec(html);
    assert(found, `no field ${name} in ${html}`);
    return found[1].replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))).replace(/&amp;/g, '&');
}

/** Where a page goes on by itself. */
function goesTo(html) {
    const found = /http-equiv="refresh" content="0; url=([^"]*)"/.exec(html);
    return found && found[1].replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))).replace(/&amp;/g, '&');
}

/** Sends a user to the authorization endpoint; answers the address that they come back to. */
async function authorize(url, username, password) {
    const browser = new Browser();
    const {origin} = new URL(url);
    let [answer, here] = [await browser.ask(url), url];
    for (let step = 0; step < 10; step++) {
        const location = answer.headers.get('location');
        const text = location ? '' : await answer.text();
        const next = location || goesTo(text);
        if (next) {
            here = new URL(next, here).href;
            if (new URL(here).origin !== origin) {
                return new URL(here);
            }
            answer = await browser.ask(here);
            continue;
        }
        assert.strictEqual(answer.status, 200, text);
        const form = {csrf: field(text, 'csrf'), continue: field(text, 'continue'), user_name: username, password};
        const action = /<form method="post" action="([^"]*)"/.exec(text)[1];
        here = new URL(action, here).href;
        answer = await browser.ask(here, {
            method: 'POST',
            headers: {origin, 'content-type': 'application/x-www-form-urlencoded'},
            body: new URLSearchParams(form).toString(),
        });
    }
    throw new Error('the way back takes too many steps');
}

module.exports = {Browser, authorize};
