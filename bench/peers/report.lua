-- What wrk found, as one line of JSON; wrk's own times are in microseconds.
-- With arguments it requests the paths in the file of the first one in turn; each connection pauses
-- between two requests for the milliseconds of the second one.
function init(arguments)
  if not arguments[1] then return end
  local requests, number = {}, 0
  for path in io.lines(arguments[1]) do requests[#requests + 1] = wrk.format("GET", path) end
  request = function()
    number = number % #requests + 1
    return requests[number]
  end
  if arguments[2] then
    delay = function() return tonumber(arguments[2]) end
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "p50": %.3f, "p99": %.3f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
