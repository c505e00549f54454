-- The door of nginx: asks the gate, and bounds what passes in and out (the
-- rules: lua/door.lua).
--
-- 1. /w/{id}/ reaches the gate only when it can be read in one way. On a
--    workspace's own host all paths are the instance's, and lead nowhere else.
-- 2. Any answer of the gate but 200 is the client's answer.
-- 3. An instance never sees the session, the token or another's X-Roost-*.
-- 4. What an instance answers speaks for its own path only.

local rules = require "lua.door"

local door = {}

-- Headers of the gate's answer that a client has no use for.
local OWN = { ["content-length"] = true, ["connection"] = true,
	["transfer-encoding"] = true }

-- Requests for the handler: what names a workspace in one of its readings
-- came to the wrong place.
function door.other()
	local raw = ngx.var.request_uri:match("^[^?]*")

	if rules.names_one(raw) and not rules.one_meaning(raw, ngx.var.uri) then
		return ngx.exit(400)
	end
end

local function refuse(res)
	ngx.status = res.status
	for name, value in pairs(res.header) do
		if not OWN[name:lower()] and not name:find("^Variable%-") then
			ngx.header[name] = value
		end
	end
	ngx.header["Content-Length"] = #res.body
	ngx.send_headers()
	if ngx.req.get_method() ~= "HEAD" then ngx.print(res.body) end
	return ngx.exit(ngx.HTTP_OK)
end

-- unix:/path|http://localhost, or http://host:port, as nginx wants it.
local function backend(url)
	local path = url:match("^unix:([^|]+)|")

	return path and "http://unix:" .. path .. ":" or url
end

-- proxy_set_header in server.conf gives the rest of what an instance sees.
local function hide(user)
	local cookies = ngx.var.http_cookie

	ngx.var.roost_token = ngx.var.http_x_roost_token or ""
	for name in pairs(ngx.req.get_headers(0)) do
		if rules.private(name) then ngx.req.clear_header(name) end
	end
	ngx.var.roost_cookie = cookies and rules.others_cookies(cookies) or ""
	ngx.var.roost_user = user
end

local function send_to(header)
	local target = ngx.var.request_uri
	local base, rest = "", target

	if header["Variable-GATE_HOST"] ~= "1" then
		base, rest = rules.split(target)
	end
	if header["Variable-GATE_WHOLE"] == "1" then rest = target end
	hide(header["Variable-GATE_USER"])
	ngx.var.roost_base = base
	ngx.var.roost_backend = backend(header["Variable-GATE_HTTP"]) .. rest
end

-- A target with a host of its own ("GET http://other/") chose this server { },
-- and Host is what the gate judges: both must say the same.
local function one_host()
	local host = ngx.var.http_host

	return not host or
		host:lower():gsub(":%d*$", ""):gsub("%.$", "") == ngx.var.host
end

local function ask_gate()
	if not one_host() then return ngx.exit(400) end
	local res = ngx.location.capture("/.roost/gate",
		{ method = ngx.HTTP_GET, body = "" })

	if res.status == 502 or res.status == 504 then
		return ngx.exec("@roost_failed")
	elseif res.status ~= 200 or res.truncated then
		return refuse(res)
	elseif not res.header["Variable-GATE_HTTP"] then
		return ngx.exec("@roost_handler")
	end
	send_to(res.header)
end

function door.ask()
	local raw = ngx.var.request_uri:match("^[^?]*")

	if not rules.names_one(raw) and not rules.names_one(ngx.var.uri) then
		return ngx.exec("@roost_handler")
	end
	if not rules.one_meaning(raw, ngx.var.uri) then return ngx.exit(400) end
	if not raw:find("/", 4, true) then return ngx.exec("@roost_handler") end
	return ask_gate()
end

function door.ask_host()
	if rules.leads_elsewhere(ngx.var.request_uri:match("^[^?]*")) then
		return ngx.exit(400)
	end
	return ask_gate()
end

function door.answer()
	local base = ngx.var.roost_base
	local header, kept = ngx.header, {}

	if ngx.var.roost_backend == "" then return end -- not an instance's
	local set = header["Set-Cookie"] or {}
	for _, value in ipairs(type(set) == "table" and set or { set }) do
		kept[#kept + 1] = rules.set_cookie(value, base)
	end
	header["Set-Cookie"] = #kept > 0 and kept or nil
	for _, name in ipairs(rules.PLACES) do
		local value = header[name]

		if type(value) == "table" then value = value[1] end
		if value then
			header[name] = rules.place(value, base, ngx.var.http_host)
		end
	end
	for _, name in ipairs(rules.ORIGIN_WIDE) do header[name] = nil end
end

return door
