-- The door of nginx: asks the gate, and bounds what passes in and out (the
-- rules: lua/door.lua).
--
-- 1. /w/{id}/ reaches the gate only when it can be read in one way. On a
--    workspace's own host all paths are the instance's, and lead nowhere else.
-- 2. Unless the gate has said 200, the handler says why not: nothing leads to an
--    instance but what enter() has set.
-- 3. An instance never sees the session, the token or another's X-Roost-*.
-- 4. What an instance answers speaks for its own path only.

local rules = require "lua.door"

local door = {}

-- Requests for the handler: what names a workspace in one of its readings
-- came to the wrong place.
function door.other()
	local raw = ngx.var.request_uri:match("^[^?]*")

	if rules.names_one(raw) and not rules.one_meaning(raw, ngx.var.uri) then
		return ngx.exit(400)
	end
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

-- A target with a host of its own ("GET http://other/") chose this server { },
-- and Host is what the gate judges: both must say the same.
local function one_host()
	local host = ngx.var.http_host

	return not host or
		host:lower():gsub(":%d*$", ""):gsub("%.$", "") == ngx.var.host
end

-- Before the gate is asked: what is not its to judge goes to the handler.
function door.look()
	local raw = ngx.var.request_uri:match("^[^?]*")

	if not rules.names_one(raw) and not rules.names_one(ngx.var.uri) then
		return ngx.exec("@roost_handler")
	end
	if not rules.one_meaning(raw, ngx.var.uri) then return ngx.exit(400) end
	if not raw:find("/", 4, true) then return ngx.exec("@roost_handler") end
	if not one_host() then return ngx.exit(400) end
end

function door.look_host()
	if rules.leads_elsewhere(ngx.var.request_uri:match("^[^?]*")) or
		not one_host() then
		return ngx.exit(400)
	end
end

-- What the gate has said. ngx.location.capture could ask it from here, but not
-- for a request that came over HTTP/2; auth_request can.
function door.enter()
	local var = ngx.var
	local target, http = var.request_uri, var.roost_gate_http
	local base, rest = "", target

	if var.roost_gate_status ~= "200" then
		var.roost_error = var.roost_gate_status or "502"
		return ngx.exec("@roost_failed")
	end
	if not http or http == "" then return ngx.exec("@roost_handler") end
	if var.roost_gate_host ~= "1" then base, rest = rules.split(target) end
	if var.roost_gate_whole == "1" then rest = target end
	hide(var.roost_gate_user)
	var.roost_base = base
	var.roost_scheme = var.roost_gate_scheme
	var.roost_backend = backend(http) .. rest
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
