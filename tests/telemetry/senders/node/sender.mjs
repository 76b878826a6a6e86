// A service as OpenTelemetry's documentation writes it: the Node SDK with its defaults, told by the environment where to send.
import { metrics, trace, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { logs, SeverityNumber } from "@opentelemetry/api-logs";
import { NodeSDK } from "@opentelemetry/sdk-node";

const sdk = new NodeSDK();
sdk.start();
const tracer = trace.getTracer("shop", "1");
tracer.startActiveSpan("GET /checkout", { kind: SpanKind.SERVER, attributes: { "http.request.method": "GET" } }, (span) => {
  tracer.startActiveSpan("POST /orders", { kind: SpanKind.CLIENT, attributes: { "peer.service": "orders" } }, (inner) => {
    inner.recordException(new Error("no stock"));
    inner.setStatus({ code: SpanStatusCode.ERROR, message: "no stock" });
    logs.getLogger("shop").emit({ severityNumber: SeverityNumber.ERROR, severityText: "ERROR", body: "order failed" });
    inner.end();
  });
  span.setAttribute("http.response.status_code", 500);
  span.end();
});
const meter = metrics.getMeter("shop");
meter.createCounter("orders.failed", { unit: "{order}" }).add(3, { "error.type": "stock" });
meter.createHistogram("http.server.request.duration", { unit: "s" }).record(0.052, { "http.route": "/checkout" });
process.stdout.write(`${JSON.stringify({ sent: Date.now() / 1000 })}\n`);
process.stdin.on("data", async () => {
  await sdk.shutdown();
  process.exit(0);
});
