-- Asks Vestibule whether a request may pass, and tells the API whose it is (docs/gateways/haproxy.md).
--
--   http-request lua.vestibule RULE
--
-- HAProxy goes on with a request when a script fails, or is ended because the client has gone. So the last thing that is done for one
-- that may pass is to set txn.vestibule_passed, and the frontend denies what has it not.

-- Where Vestibule listens: an address, or a name that the section `resolvers default` knows.
local SERVICE = "http://127.0.0.1:8080"
-- A check takes a millisecond. What does not answer in so many milliseconds is down, and nothing passes.
local LONGEST = 2000
-- Whether forms are sent to the check, for rules that take signed requests: needs `option http-buffer-request` in the frontend. Forms
-- are sent that say how long they are and fit into tune.bufsize (16 kB) behind the head.
local FORMS = false

-- The headers of the client's that the check sees: credentials, whether it is a browser that may be led to the login page, whether
-- there is a form, and which program it is.
local PASSED_ON = { "authorization", "cookie", "lv-session", "accept", "content-type", "user-agent" }
-- In so many lines at most: HAProxy has room for 100 in a request of its own, and ends when there are more.
local MOST_LINES = 64

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

-- What the script finds out of the request, and what of it the client sent. None: it has too many lines.
local function question_about(txn, shown)
    local tls = txn.f:ssl_fc()
    local asked = {
        ["x-original-method"] = { txn.f:method() },
        ["x-original-uri"] = { txn.f:pathq() },
        ["x-forwarded-host"] = { txn.f:req_hdr("host") },
        -- Which of both it is depends on the version, and on tune.lua.bool-sample-conversion.
        ["x-forwarded-proto"] = { (tls == 1 or tls == true) and "https" or "http" },
        ["x-forwarded-for"] = { txn.f:src() },
        -- HAProxy's own otherwise.
        ["user-agent"] = { "" },
    }
    local lines = 0
    for _, name in ipairs(PASSED_ON) do
        if shown[name] then
            asked[name] = {}
            for index = 0, #shown[name] do asked[name][index + 1] = shown[name][index] end
            lines = lines + #asked[name]
        end
    end
    return lines <= MOST_LINES and asked or nil
end

-- The form, if there is one and all of it is here; whether there is one of which a part is missing, which would verify what is not all
-- that reaches the API.
local function form_in(txn, shown)
    local kind = shown["content-type"] and shown["content-type"][0]
    if not FORMS or not kind or not kind:lower():find("application/x-www-form-urlencoded", 1, true) then return nil, false end
    local here, length = txn.f:req_body_len() or 0, tonumber(txn.f:req_hdr("content-length")) or 0
    if here == length and length > 0 then return txn.f:req_body(), false end
    return nil, here > 0 or length > 0
end

-- Tells the API who it is. False: there is no room for that beside what the client sent.
local function tell(txn, headers)
    for _, name in ipairs(IDENTITY) do
        local value = headers["x-vestibule-" .. name]
        txn.http:req_set_header("x-vestibule-" .. name, value and value[0] or "")
    end
    local told = txn.http:req_get_headers()
    for _, name in ipairs(IDENTITY) do
        local value, now = headers["x-vestibule-" .. name], told["x-vestibule-" .. name]
        if value and value[0] ~= "" and not (now and now[0] == value[0]) then return false end
    end
    return true
end

core.register_action("vestibule", { "http-req" }, function(txn, rule)
    local shown = txn.http:req_get_headers()
    local asked = question_about(txn, shown)
    if not asked then return refuse(txn, 431, {}, "") end
    local question = { url = SERVICE .. "/gateway/check/haproxy/rule/" .. rule, headers = asked, timeout = LONGEST }
    local form, is_cut = form_in(txn, shown)
    local method = txn.f:method()
    -- No client signs the body of these, so that it would not be missed.
    if is_cut and (method == "GET" or method == "HEAD") then return refuse(txn, 413, {}, "") end
    question.body = form
    local answer = question.body and core.httpclient():post(question) or core.httpclient():get(question)
    if answer.status == 401 or answer.status == 403 or answer.status == 303 then
        return refuse(txn, answer.status, answer.headers, answer.body)
    elseif answer.status ~= 200 then
        return refuse(txn, 503, {}, "")
    elseif not tell(txn, answer.headers) then
        return refuse(txn, 431, {}, "")
    end
    txn:set_var("txn.vestibule_passed", true)
end, 1)
