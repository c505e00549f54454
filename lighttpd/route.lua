-- Runs on every request that is not for /static/: once as it came, and again
-- each time lighttpd starts over with it (the gate has agreed; the request
-- was turned to a slot; a slot failed and the handler is asked for a page).
--
-- 1. /w/{id}/ reaches the gate only when it can be read in one way: the id in
--    the raw target is the id in the path lighttpd decoded, and nothing in
--    the rest leads elsewhere (dot segments, also written with %2e or %2f).
--    On a workspace's own host the whole path is the instance's, and only the
--    last of that holds.
-- 2. /_slot/ and /_port/ are for requests that the gate sent there.
-- 3. An instance never sees the session, the token, another's X-Roost-* or what a
--    client says about where it is.

local r = lighty.r
local attr, env, header = r.req_attr, r.req_env, r.req_header

package.path = os.getenv("ROOST_LIGHTTPD") .. "/../lua/?.lua"
local door = require "door"
local ENOENT = 2

-- What the instance must not see is kept aside: should the instance not
-- answer, the handler needs it to know who asked for what.
local function hide()
	local gone = {}

	for name in pairs(header) do
		if door.private(name) then gone[#gone + 1] = name end
	end
	env["GATE_TOKEN"] = header["X-Roost-Token"]
	env["GATE_FROM"] = header["X-Forwarded-For"]
	env["GATE_PROTO"] = header["X-Forwarded-Proto"]
	for _, name in ipairs(gone) do header[name] = nil end

	local cookies = header["Cookie"]
	if cookies then
		env["GATE_COOKIE"] = cookies
		header["Cookie"] = door.others_cookies(cookies)
	end
	env["GATE_METHOD"] = attr["request.method"]
	header["X-Roost-User"] = env["GATE_USER"]
end

local function unhide()
	header["Cookie"], env["GATE_COOKIE"] = env["GATE_COOKIE"], nil
	header["X-Roost-Token"], env["GATE_TOKEN"] = env["GATE_TOKEN"], nil
	header["X-Forwarded-For"], env["GATE_FROM"] = env["GATE_FROM"], nil
	header["X-Forwarded-Proto"], env["GATE_PROTO"] = env["GATE_PROTO"], nil
	header["X-Roost-User"] = nil
end

-- Is there a socket where the slot leads to?  A socket cannot be opened like
-- a file, but then the error is another one than for nothing at all.  Asking
-- here spares lighttpd a failure, after which it would refuse the slot until
-- its next whole second.
local function slot_exists(slot)
	local _, _, errno = io.open(os.getenv("ROOST_DIR") .. "/run/slots/" ..
		slot .. ".sock")

	return errno ~= ENOENT
end

local function turned(p)
	return p:find("^/_slot/") or p:find("^/_port/")
end

-- A host below the workspaces' domain? The gate decides whose it is; here it
-- says that the path does not.
local function below_domain()
	local domain = (os.getenv("ROOST_WORKSPACE_DOMAIN") or ""):gsub(":.*", "")
	local host = (attr["uri.authority"] or ""):lower():gsub(":%d*$", "")

	return domain ~= "" and host:sub(-#domain - 1) == "." .. domain
end

local target, path = attr["request.uri"], attr["uri.path"]
local raw = target:match("^[^?]*")
local kind, slot = (env["GATE_BACKEND"] or ""):match("^(%l+)(%d+)$")
local failed = tonumber(env["REDIRECT_STATUS"])

-- What the gate let pass: to the slot, with what the instance is told.
local function turn(base, rest)
	if kind == "slot" and not slot_exists(slot) then
		env["GATE_ERROR"] = "502"
		return 0
	end
	hide()
	env["GATE_BASE"] = base
	attr["request.uri"] = "/_" .. kind .. "/" .. slot .. rest
	return lighty.RESTART_REQUEST
end

if failed then
	-- a second try for a request that failed: the handler has pages for
	-- what the gate and the instances fail at, lighttpd for the rest
	if failed < 500 then return failed end
	if env["GATE_METHOD"] then unhide() end
	env["GATE_ERROR"] = env["REDIRECT_STATUS"]
	return 0
end
if turned(path) or turned(raw) then
	if not slot then return 404 end
	-- mod_proxy tells the instance this one
	attr["uri.scheme"] = env["GATE_SCHEME"]
	-- turned here below: the instance sees its own path, or the whole one
	attr["request.uri"] = (env["GATE_WHOLE"] == "1" and env["GATE_BASE"] or
		"") .. target:match("^/_%l+/%d+(/.*)$")
	return 0
end
if env["GATE_HOST"] == "1" or below_domain() then
	if door.leads_elsewhere(raw) then return 400 end
	return env["GATE_HOST"] == "1" and slot and turn("", target) or 0
end
if door.names_one(path) or door.names_one(raw) then
	if not door.one_meaning(raw, path) then return 400 end
	if slot then return turn(door.split(target)) end
end
return 0
