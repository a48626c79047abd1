/**
 * Traces by OpenTelemetry: from the request that submits, over each run on any host, to the records of its outcomes. Without
 * `startTracing` every span is a no-op.
 */
import { hostname } from 'node:os';
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

export interface TracingOptions {
  /** Address that takes traces by OTLP over HTTP, `http://collector:4318/v1/traces`. */
  readonly url: string;
  /** Of the hub. */
  readonly version: string;
}

const TRACER = 'omtx-hub';
/** A collector that is away delays the end of the process by so much at most. */
const SEND_TIMEOUT_MS = 3_000;

/** For the whole process. @returns what sends the last spans and ends it */
export function startTracing({ url, version }: TracingOptions): () => Promise<void> {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': TRACER, 'service.version': version, 'host.name': hostname() }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url, timeoutMillis: SEND_TIMEOUT_MS }) })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return async () => {
    await provider.shutdown().catch(() => undefined); // A collector that is away keeps nobody from stopping.
    for (const api of [trace, propagation, context]) api.disable();
  };
}

/** The span that is open here, as W3C `traceparent`; null where none is. */
export function currentTraceparent(): string | null {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}

/** A span around the work; a fault marks it and goes on. @param traceparent of its parent; undefined: the span that is open here */
export function inSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>, traceparent?: string | null): Promise<T> {
  const parent = traceparent === undefined ? context.active() : contextOf({ traceparent: traceparent ?? undefined });
  return trace.getTracer(TRACER).startActiveSpan(name, { attributes }, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      markFault(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The span of a request, as part of its caller's trace where it names one. */
export function openRequestSpan(
  name: string,
  headers: Readonly<Record<string, unknown>>,
): { readonly span: Span; readonly context: Context } {
  const parent = contextOf(headers);
  const span = trace.getTracer(TRACER).startSpan(name, { kind: SpanKind.SERVER }, parent);
  return { span, context: trace.setSpan(parent, span) };
}

export function closeRequestSpan(span: Span, attributes: { readonly 'http.response.status_code': number } & Attributes): void {
  span.setAttributes(attributes);
  if (attributes['http.response.status_code'] >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** What runs inside belongs to the span of this context. */
export function within<T>(where: Context, work: () => T): T {
  return context.with(where, work);
}

function contextOf(carrier: object): Context {
  return propagation.extract(ROOT_CONTEXT, carrier);
}

function markFault(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}
