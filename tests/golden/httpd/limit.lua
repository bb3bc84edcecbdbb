-- Written by pulumi-sidecar: ends a request whose body is larger than 67108864 bytes.
function limit(r)
    local left = 67108864
    coroutine.yield()
    while bucket ~= nil do
        left = left - #bucket
        if left < 0 then
            r.notes["sidecar-large"] = "-large"
            return
        end
        coroutine.yield(bucket)
    end
end
