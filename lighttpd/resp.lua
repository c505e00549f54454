-- Runs on the answer of an instance, before it goes to the client.  In path
-- mode an instance shares its origin with the control plane and with other
-- workspaces, so what a header can do there is bounded to /w/{id}/.
--
-- 1. No cookie with a name of ours, no nameless one, none for another path or
--    host.
-- 2. A Location that is absolute in the instance's eyes is below /w/{id}/.
-- 3. No header that speaks for the whole origin.

package.path = os.getenv("ROOST_LIGHTTPD") .. "/../lua/?.lua"
local door = require "door"

local r = lighty.r
local header = r.resp_header
local base = r.req_env["GATE_BASE"] or "" -- a host of its own: nothing

-- lighttpd keeps repeated headers as one value, joined by the next line's
-- beginning.
local function cookies(all)
	local kept = {}

	for value in (all .. "\n"):gmatch("([^\n]*)\n") do
		value = value:gsub("\r$", ""):gsub("^[Ss][Ee][Tt]%-" ..
			"[Cc][Oo][Oo][Kk][Ii][Ee]:", "")
		kept[#kept + 1] = door.set_cookie(value, base)
	end
	return #kept > 0 and table.concat(kept, "\r\nSet-Cookie: ") or nil
end

local function look()
	local set = header["Set-Cookie"]

	if set then header["Set-Cookie"] = cookies(set) end
	for _, name in ipairs(door.PLACES) do
		local value = header[name]

		if value then
			header[name] = door.place(value, base,
				r.req_header["Host"])
		end
	end
end

-- An error here would let the answer pass as it is.
local fine, why = pcall(look)
if not fine then
	print("resp.lua: " .. tostring(why))
	header["Set-Cookie"] = nil
	for _, name in ipairs(door.PLACES) do header[name] = nil end
end
for _, name in ipairs(door.ORIGIN_WIDE) do
	if header[name] then header[name] = nil end
end
return 0
