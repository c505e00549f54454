-- Runs on the answer of an instance, before it goes to the client.  In path
-- mode an instance shares its origin with the control plane and with other
-- workspaces, so what a header can do there is bounded to /w/{id}/.
--
-- 1. No cookie with a name of ours, no nameless one (its value
--    would be sent as if it were a name), none for another path or host.
-- 2. A Location that is absolute in the instance's eyes is below /w/{id}/.
-- 3. No header that speaks for the whole origin.

local r = lighty.r
local header = r.resp_header
local base = r.req_env["GATE_BASE"]

local ORIGIN_WIDE = {
	"Clear-Site-Data", "Strict-Transport-Security", "Public-Key-Pins",
	"Alt-Svc", "NEL", "Report-To", "Reporting-Endpoints", "Set-Login",
}

local function below(path)
	if path == base or path:find(base .. "/", 1, true) == 1 then
		return path
	end
	return base .. path
end

-- Every cookie of the control plane has a name that begins so.
local function ours(name)
	return name:lower():find("^roost_") or
		name:lower():find("^__host%-roost_")
end

-- One Set-Cookie value as it may pass, or nil.
local function cookie(value)
	local pair, rest = value:match("^%s*([^;]*)(.*)$")
	local name = pair:match("^%s*([^=]-)%s*=")
	local kept, path = { pair }, nil

	if not name or name == "" or ours(name) then return nil end
	for part in rest:gmatch("[^;]+") do
		local key, val = part:match("^%s*([^=]-)%s*=%s*(.-)%s*$")

		key = (key or part:match("^%s*(.-)%s*$")):lower()
		if key == "path" then
			path = val
		elseif key ~= "domain" then
			kept[#kept + 1] = part
		end
	end
	if path and path:sub(1, 1) == "/" then
		kept[#kept + 1] = " Path=" .. below(path)
	end
	return table.concat(kept, ";")
end

-- lighttpd keeps repeated headers as one value, joined by the next line's
-- beginning.
local function cookies(all)
	local kept = {}

	for value in (all .. "\n"):gmatch("([^\n]*)\n") do
		value = value:gsub("\r$", ""):gsub("^[Ss][Ee][Tt]%-" ..
			"[Cc][Oo][Oo][Kk][Ii][Ee]:", "")
		kept[#kept + 1] = cookie(value)
	end
	return kept
end

local function location(value)
	local host = r.req_header["Host"]

	if value:find("^/[^/\\]") or value == "/" then return below(value) end
	if host then
		local scheme, to, path = value:match("^(https?://)([^/?#]+)(.*)$")

		if to and to:lower() == host:lower() then
			if path:sub(1, 1) ~= "/" then path = "/" .. path end
			return scheme .. to .. below(path)
		end
	end
	return value
end

local all = header["Set-Cookie"]
if all then
	local kept = cookies(all)

	header["Set-Cookie"] = #kept > 0 and
		table.concat(kept, "\r\nSet-Cookie: ") or nil
end
for _, name in ipairs({ "Location", "Content-Location",
			"Service-Worker-Allowed" }) do
	local value = header[name]

	if value then header[name] = location(value) end
end
for _, name in ipairs(ORIGIN_WIDE) do
	if header[name] then header[name] = nil end
end
return 0
