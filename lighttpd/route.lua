-- Runs on every request that is not for /static/: once as it came, and again
-- each time lighttpd starts over with it (the gate has agreed; the request
-- was turned to a slot; a slot failed and the handler is asked for a page).
--
-- 1. /w/{id}/ reaches the gate only when it can be read in one way: the id in
--    the raw target is the id in the path lighttpd decoded, and nothing in
--    the rest leads elsewhere (dot segments, also written with %2e or %2f).
-- 2. /_slot/ is for requests that the gate sent there.
-- 3. An instance never sees the session, the token or another's X-Roost-*.

local r = lighty.r
local attr, env, header = r.req_attr, r.req_env, r.req_header

local ID = "^/w/(%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-" ..
	"%x%x%x%x%x%x%x%x%x%x%x%x)"
local ENOENT = 2

-- Dot segments, as lighttpd would see them: it decodes once, then resolves.
local function leads_elsewhere(path)
	local plain = path:gsub("%%(%x%x)", function (hex)
		return string.char(tonumber(hex, 16))
	end)

	for segment in (plain .. "/"):gmatch("([^/]*)/") do
		if segment == ".." or segment == "." then return true end
	end
	return false
end

local function one_meaning(raw, path)
	local id = raw:match(ID .. "/") or raw:match(ID .. "$")

	return id and id == path:match(ID) and not leads_elsewhere(raw)
end

-- Every cookie of the control plane has a name that begins so.
local function ours(name)
	return name:lower():find("^roost_") or
		name:lower():find("^__host%-roost_")
end

local function without_session(cookies)
	local kept = {}

	for pair in cookies:gmatch("[^;]+") do
		local name = pair:match("^%s*([^=]-)%s*=") or
			pair:match("^%s*(.-)%s*$")

		if not ours(name) then
			kept[#kept + 1] = pair:match("^%s*(.-)%s*$")
		end
	end
	return table.concat(kept, "; ")
end

-- What the instance must not see is kept aside: should the instance not
-- answer, the handler needs it to know who asked for what.
local function hide()
	local gone = {}

	for name in pairs(header) do
		if name:lower():find("^x[-_]roost[-_]") then
			gone[#gone + 1] = name
		end
	end
	env["GATE_TOKEN"] = header["X-Roost-Token"]
	for _, name in ipairs(gone) do header[name] = nil end

	local cookies = header["Cookie"]
	if cookies then
		env["GATE_COOKIE"] = cookies
		cookies = without_session(cookies)
		header["Cookie"] = cookies ~= "" and cookies or nil
	end
	env["GATE_METHOD"] = attr["request.method"]
	header["X-Roost-User"] = env["GATE_USER"]
end

local function unhide()
	header["Cookie"], env["GATE_COOKIE"] = env["GATE_COOKIE"], nil
	header["X-Roost-Token"], env["GATE_TOKEN"] = env["GATE_TOKEN"], nil
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

local target, path = attr["request.uri"], attr["uri.path"]
local raw = target:match("^[^?]*")
local slot = (env["GATE_BACKEND"] or ""):match("^slot(%d+)$")
local failed = tonumber(env["REDIRECT_STATUS"])

if failed then
	-- a second try for a request that failed: the handler has pages for
	-- what the gate and the instances fail at, lighttpd for the rest
	if failed < 500 then return failed end
	if env["GATE_METHOD"] then unhide() end
	env["GATE_ERROR"] = env["REDIRECT_STATUS"]
	return 0
end
if path:find("^/_slot/") or raw:find("^/_slot/") then
	if not slot then return 404 end
	-- turned here below: the instance sees its own path, or the whole one
	attr["request.uri"] = (env["GATE_WHOLE"] == "1" and env["GATE_BASE"] or
		"") .. target:match("^/_slot/%d+(/.*)$")
	return 0
end
if path:find(ID) or raw:find(ID) then
	if not one_meaning(raw, path) then return 400 end
	if slot and not slot_exists(slot) then
		env["GATE_ERROR"] = "502"
	elseif slot then
		hide()
		env["GATE_BASE"] = target:match("^/w/[%x-]+")
		attr["request.uri"] = "/_slot/" .. slot ..
			target:match("^/w/[%x-]+(/.*)$")
		return lighty.RESTART_REQUEST
	end
end
return 0
