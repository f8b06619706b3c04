-- Asks Vestibule whether a request may pass, and tells the API whose it is (docs/gateways/haproxy.md).
--
--   http-request lua.vestibule RULE

-- Where Vestibule listens: an address, or a name that the section `resolvers default` knows.
local SERVICE = "http://127.0.0.1:8080"
-- A check takes a millisecond. What does not answer in so many milliseconds is down, and nothing passes.
local LONGEST = 2000
-- Whether forms are sent to the check, for rules that take signed requests: needs `option http-buffer-request` in the frontend, and has
-- forms of up to tune.bufsize, 16 kB.
local FORMS = false

-- The headers of the client's that the check sees: credentials, and whether it is a browser that may be led to the login page.
local PASSED_ON = { "authorization", "cookie", "lv-session", "accept", "content-type" }

local IDENTITY = {
    "account", "user", "user-name", "application", "session", "roles", "privileges", "seconds-left",
    "skills", "max-chats", "max-async-chats", "method",
}

local function refuse(txn, status, headers, body)
    local reply = txn:reply({ status = status, body = body })
    for _, name in ipairs({ "content-type", "www-authenticate", "cache-control", "retry-after", "location", "x-request-id" }) do
        if headers[name] then reply:add_header(name, headers[name][0]) end
    end
    txn:done(reply)
end

core.register_action("vestibule", { "http-req" }, function(txn, rule)
    local shown = txn.http:req_get_headers()
    local asked = {
        ["x-original-method"] = { txn.f:method() },
        ["x-original-uri"] = { txn.f:pathq() },
        ["x-forwarded-host"] = { txn.f:req_hdr("host") },
        ["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" },
        ["x-forwarded-for"] = { txn.f:src() },
    }
    for _, name in ipairs(PASSED_ON) do
        if shown[name] then
            asked[name] = {}
            for index = 0, #shown[name] do asked[name][index + 1] = shown[name][index] end
        end
    end

    local question = { url = SERVICE .. "/gateway/check/haproxy/rule/" .. rule, headers = asked, timeout = LONGEST }
    local kind = shown["content-type"] and shown["content-type"][0]
    local answer
    if FORMS and kind and kind:lower():find("application/x-www-form-urlencoded", 1, true) then
        question.body = txn.f:req_body()
        answer = core.httpclient():post(question)
    else
        answer = core.httpclient():get(question)
    end
    if answer.status == 401 or answer.status == 403 or answer.status == 303 then
        return refuse(txn, answer.status, answer.headers, answer.body)
    elseif answer.status ~= 200 then
        return refuse(txn, 503, {}, "")
    end
    for _, name in ipairs(IDENTITY) do
        local told = answer.headers["x-vestibule-" .. name]
        txn.http:req_set_header("x-vestibule-" .. name, told and told[0] or "")
    end
end, 1)
