-- The span of the request that submitted the job (W3C trace context): runs of it on any host join its trace. Null where nothing was traced.
alter table jobs add column traceparent text check (traceparent ~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$');
