"""Reads one OTLP export request (protobuf) from standard input by the published schema and writes one JSON object a span."""

import json
import sys

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

request = ExportTraceServiceRequest()
request.ParseFromString(sys.stdin.buffer.read())
for resource in request.resource_spans:
    service = {each.key: each.value.string_value for each in resource.resource.attributes}
    for scope in resource.scope_spans:
        for span in scope.spans:
            attributes = {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}
            print(
                json.dumps(
                    {
                        "name": span.name,
                        "traceId": span.trace_id.hex(),
                        "spanId": span.span_id.hex(),
                        "parentSpanId": span.parent_span_id.hex(),
                        "attributes": attributes,
                        "service": service,
                        "isFault": span.status.code == 2,
                    }
                )
            )
