-- The health of an ApiKey, an Account or a ClusterAccount for Argo CD.
local function condition(kind)
  if obj.status == nil or obj.status.conditions == nil then return nil end
  for _, candidate in ipairs(obj.status.conditions) do
    if candidate.type == kind then return candidate end
  end
  return nil
end

local function holds(kind)
  local found = condition(kind)
  if found ~= nil and found.status == "True" then return found end
  return nil
end

local health = { status = "Progressing", message = "Waiting for the controller" }
local ready = condition("Ready")
local problem = holds("Stalled") or holds("Degraded")
local generation = obj.metadata.generation

if obj.metadata.deletionTimestamp ~= nil then
  health.message = "Being deleted"
  if problem ~= nil then
    health.status = "Degraded"
    health.message = problem.message
  end
elseif problem ~= nil and problem.observedGeneration == generation then
  health.status = "Degraded"
  health.message = problem.reason .. ": " .. problem.message
elseif ready ~= nil then
  health.message = ready.message
  local isObserved = obj.status.observedGeneration == generation
  if ready.status == "True" and isObserved then
    health.status = "Healthy"
    if obj.spec ~= nil and obj.spec.suspend == true then health.status = "Suspended" end
  end
end

return health
