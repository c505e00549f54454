-- What the door lets through: the rules that are the same on every server that
-- runs Lua (5.4 in lighttpd, LuaJIT in nginx). Text in, text out; nothing of a
-- server stands here.

local door = {}

local ID = "^/w/(%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-" ..
	"%x%x%x%x%x%x%x%x%x%x%x%x)"

-- An instance shares its origin with the control plane: headers that speak
-- for the whole origin are not its to send.
door.ORIGIN_WIDE = {
	"Clear-Site-Data", "Strict-Transport-Security", "Public-Key-Pins",
	"Alt-Svc", "NEL", "Report-To", "Reporting-Endpoints", "Set-Login",
}

-- Headers that name a place.
door.PLACES = { "Location", "Content-Location", "Service-Worker-Allowed" }

-- Every cookie of the control plane has a name that begins so.
local function ours(name)
	name = name:lower()
	return name:find("^roost_") or name:find("^__host%-roost_")
end

-- Dot segments, as a server would see them: it decodes once, then resolves.
function door.leads_elsewhere(path)
	local plain = path:gsub("%%(%x%x)", function (hex)
		return string.char(tonumber(hex, 16))
	end)

	for segment in (plain .. "/"):gmatch("([^/]*)/") do
		if segment == ".." or segment == "." then return true end
	end
	return false
end

-- Does a path begin with a workspace's?
function door.names_one(path)
	return path:find(ID) ~= nil
end

-- /w/{id}/ can be read in one way: the id in the raw target is the id in the
-- path that the server decoded, and nothing in the rest leads elsewhere (dot
-- segments, also written with %2e or %2f).
function door.one_meaning(raw, path)
	local id = raw:match(ID .. "/") or raw:match(ID .. "$")

	return id ~= nil and id == path:match(ID) and
		not door.leads_elsewhere(raw)
end

-- The base of a target that has one meaning, and what follows it.
function door.split(target)
	return target:match("^(/w/[%x-]+)(/.*)$")
end

-- Where a request came from is for the server to say.
local FROM = { ["x-forwarded-for"] = true, ["x-forwarded-server"] = true,
	forwarded = true }

-- Names of request headers that an instance may believe, so that no client may
-- send them.
function door.private(name)
	name = name:lower()
	return FROM[name] or name:find("^x[-_]roost[-_]") ~= nil
end

-- The value of a Cookie header without ours; nil when nothing is left.
function door.others_cookies(cookies)
	local kept = {}

	for pair in cookies:gmatch("[^;]+") do
		local name = pair:match("^%s*([^=]-)%s*=") or
			pair:match("^%s*(.-)%s*$")

		if not ours(name) then
			kept[#kept + 1] = pair:match("^%s*(.-)%s*$")
		end
	end
	return #kept > 0 and table.concat(kept, "; ") or nil
end

local function below(path, base)
	if path == base or path:find(base .. "/", 1, true) == 1 then
		return path
	end
	return base .. path
end

-- One Set-Cookie value as it may pass, or nil: none with a name of ours, no
-- nameless one (its value would be sent as if it were a name), none for
-- another path or host.
function door.set_cookie(value, base)
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
		kept[#kept + 1] = " Path=" .. below(path, base)
	end
	return table.concat(kept, ";")
end

-- A place that is absolute in the instance's eyes, as the client sees it.
function door.place(value, base, host)
	if value:find("^/[^/\\]") or value == "/" then
		return below(value, base)
	end
	if host then
		local scheme, to, path = value:match("^(https?://)([^/?#]+)(.*)$")

		if to and to:lower() == host:lower() then
			if path:sub(1, 1) ~= "/" then path = "/" .. path end
			return scheme .. to .. below(path, base)
		end
	end
	return value
end

return door
