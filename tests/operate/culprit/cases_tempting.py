"""Incidents whose most tempting change is not the cause: later, on the failing service, in the words of the message."""

from __future__ import annotations

from tests.operate.culprit.incident import Case, change, event, flag, log, metric

CASES = [
    Case(
        "cache-ttl-to-zero",
        entity="productcatalog",
        edges=(("frontend", "productcatalog"), ("productcatalog", "products-db")),
        changes=[
            change(-34, "a51", "refactor: config struct for cache options", "services/productcatalog/cache.go", "productcatalog", """
@@ func newCache() *Cache {
-	return &Cache{ttl: 10 * time.Minute}
+	return &Cache{ttl: 10 * time.Millisecond}
"""),
            change(-9, "b61", "perf: select only needed columns in product query", "services/productcatalog/store.go", "productcatalog", """
@@ func (s *Store) Get(ctx context.Context, id string) (*Product, error) {
-	row := s.db.QueryRow(ctx, "SELECT * FROM products WHERE id = $1", id)
+	row := s.db.QueryRow(ctx, "SELECT id, name, price FROM products WHERE id = $1", id)
"""),
        ],
        logs=[log("productcatalog", "WARN", "products query slow: 900ms", -30, 80)],
        metrics=[metric("productcatalog", "cache_hit_ratio", 0.97, 0.02, -31), metric("products-db", "queries_per_second", 90, 3100, -31), metric("productcatalog", "http_server_duration_p99_ms", 60, 950, -30), metric("productcatalog", "requests_per_sec", 3000, 3010, None)],
        culprit="a51",
    ),
    Case(
        "goroutine-leak",
        entity="pricewatch",
        edges=(("frontend", "pricewatch"),),
        changes=[
            change(-150, "a52", "feat: stream price updates to watchers", "services/pricewatch/stream.go", "pricewatch", """
@@ func (s *Server) Watch(req *pb.WatchRequest, stream pb.Prices_WatchServer) error {
+	updates := make(chan Price)
+	go func() {
+		for p := range s.feed.Subscribe(req.Sku) {
+			updates <- p
+		}
+	}()
+	return s.forward(stream, updates)
"""),
            change(-12, "b62", "chore: bump grpc v1.62.1 to v1.63.0", "services/pricewatch/go.mod", "pricewatch", """
@@ require (
-	google.golang.org/grpc v1.62.1
+	google.golang.org/grpc v1.63.0
"""),
            change(-40, "c71", "refactor: inline feed constructor", "services/pricewatch/feed.go", "pricewatch", """
@@ func New() *Server {
-	f := newFeed()
-	return &Server{feed: f}
+	return &Server{feed: newFeed()}
"""),
        ],
        logs=[log("pricewatch", "ERROR", "runtime: goroutine count 48211 exceeds watchdog limit", -10, 20)],
        metrics=[metric("pricewatch", "go_goroutines", 210, 48000, -100), metric("pricewatch", "process_resident_memory_bytes", 1.2e8, 1.6e9, -70)],
        culprit="a52",
    ),
    Case(
        "consumer-commit-order",
        entity="fulfillment",
        edges=(("orders", "fulfillment"),),
        changes=[
            change(-27, "a53", "fulfillment: drop redundant dedup lookup", "fulfillment/consumer.py", "fulfillment", """
@@ def on_message(msg):
-    if seen.contains(msg.id):
-        return
-    seen.add(msg.id)
     ship(msg.order)
"""),
            change(-11, "b63", "fulfillment: consumer log wording", "fulfillment/consumer_log.py", "fulfillment", """
@@ def note(msg):
-    log.info("got message %s", msg.id)
+    log.info("consumed message %s", msg.id)
"""),
            change(-14, "c72", "orders: publish order events with 3 retries", "orders/publisher.py", "orders", """
@@ def publish(e):
-    producer.send(TOPIC, e)
+    producer.send(TOPIC, e, headers=[("v", b"1")])
"""),
        ],
        logs=[log("fulfillment", "ERROR", "duplicate shipment created for order", -21, 35)],
        metrics=[metric("fulfillment", "duplicate_shipments_total", 0, 35, -21)],
        culprit="a53",
    ),
    Case(
        "env-var-renamed",
        entity="emailer",
        edges=(("signup", "emailer"),),
        changes=[
            change(-20, "a54", "chore: uniform naming of settings", "emailer/src/config.js", "emailer", """
@@ module.exports = {
-  apiKey: process.env.SENDGRID_API_KEY,
+  apiKey: process.env.MAIL_PROVIDER_KEY,
"""),
            change(-9, "b64", "emailer: upgrade nodemailer 6.9.7 to 6.9.8", "emailer/package.json", "emailer", """
@@
-    "nodemailer": "6.9.7",
+    "nodemailer": "6.9.8",
"""),
        ],
        logs=[log("emailer", "ERROR", "Error: missing required configuration: apiKey is undefined", -18, 30), log("emailer", "ERROR", "sendgrid responded 401 Unauthorized", -17, 60)],
        metrics=[metric("emailer", "mail_failed_rate", 0.0, 1.0, -18)],
        culprit="a54",
    ),
    Case(
        "timezone-in-token",
        entity="session",
        edges=(("web", "session"),),
        changes=[
            change(-31, "a55", "session: compute expiry in local time", "session/token.py", "session", """
@@ def issue(user):
-    exp = datetime.now(timezone.utc) + timedelta(hours=1)
+    exp = datetime.now() + timedelta(hours=1)
"""),
            change(-13, "b65", "session: extract claim builder", "session/claims.py", "session", """
@@ def claims(user):
-    return {"sub": user.id, "email": user.email}
+    return build_claims(sub=user.id, email=user.email)
"""),
        ],
        logs=[log("web", "WARN", "session rejected token: signature has expired (exp claim in the past)", -28, 200), log("session", "ERROR", "jwt expired at 10:31:00, now 11:32:10", -28, 300)],
        metrics=[metric("session", "http_401_rate", 0.005, 0.9, -28)],
        culprit="a55",
    ),
    Case(
        "http-client-without-timeout",
        entity="tax",
        edges=(("checkout", "tax"), ("tax", "tax-vendor")),
        changes=[
            change(-55, "a56", "tax: switch to shared http client", "tax/client.go", "tax", """
@@ func New() *Client {
-	return &Client{http: &http.Client{Timeout: 2 * time.Second}}
+	return &Client{http: http.DefaultClient}
"""),
            change(-16, "b66", "tax: vendor response DTO cleanup", "tax/dto.go", "tax", """
@@ type Response struct {
-	Rate float64 `json:"rate"`
+	Rate float64 `json:"rate"` // percent
"""),
        ],
        logs=[log("tax", "ERROR", "worker pool exhausted: 64 of 64 workers waiting on tax-vendor", -12, 50), log("checkout", "ERROR", "tax timed out after 3000ms", -12, 80)],
        metrics=[metric("tax", "active_workers", 6, 64, -14), metric("tax", "http_server_duration_p99_ms", 140, 30000, -13)],
        culprit="a56",
    ),
    Case(
        "feature-flag-default-flip",
        entity="search",
        edges=(("web", "search"),),
        changes=[
            change(-23, "a57", "search: config defaults", "search/config/defaults.yaml", "search", """
@@ search:
-  prefix_match: false
+  prefix_match: true
-  wildcard_leading: false
+  wildcard_leading: true
"""),
            change(-10, "b67", "search: result highlight html", "search/templates/hit.html", "search", "@@\n-<b>{{x}}</b>\n+<mark>{{x}}</mark>\n"),
            change(-17, "c73", "search: rename metric", "search/metrics.go", "search", """
@@
-	prometheus.NewCounter(prometheus.CounterOpts{Name: "search_total"})
+	prometheus.NewCounter(prometheus.CounterOpts{Name: "search_requests_total"})
"""),
        ],
        logs=[log("search", "WARN", "slow query took 4100ms: wildcard query with leading wildcard on title", -20, 70)],
        metrics=[metric("search", "cpu_utilization", 0.3, 0.98, -20), metric("search", "http_p99_ms", 120, 4300, -20), metric("search", "requests_per_second", 220, 218, None)],
        culprit="a57",
    ),
    Case(
        "graceful-shutdown-removed",
        entity="cart",
        edges=(("web", "cart"),),
        changes=[
            change(-18, "a58", "cart: simplify main", "services/cart/main.go", "cart", """
@@ func main() {
-	sig := make(chan os.Signal, 1)
-	signal.Notify(sig, syscall.SIGTERM)
-	go func() { <-sig; srv.Shutdown(ctx) }()
 	srv.ListenAndServe()
"""),
            change(-13, "b68", "cart: bump redis client v9.3.0 to v9.3.1", "services/cart/go.mod", "cart", "@@ require (\n-\tgithub.com/redis/go-redis/v9 v9.3.0\n+\tgithub.com/redis/go-redis/v9 v9.3.1\n"),
        ],
        logs=[log("web", "ERROR", "cart: connection reset by peer during rolling restart", -15, 60), log("cart", "WARN", "process terminated with in-flight requests", -15, 20)],
        metrics=[metric("cart", "http_5xx_rate", 0.001, 0.08, -15)],
        culprit="a58",
    ),
    Case(
        "thread-pool-config-python",
        entity="thumbnailer",
        edges=(("media", "thumbnailer"),),
        changes=[
            change(-21, "a59", "thumbnailer: gunicorn settings from template", "thumbnailer/gunicorn.conf.py", "thumbnailer", """
@@
-workers = 8
+workers = 1
 timeout = 30
"""),
            change(-12, "b69", "thumbnailer: handle webp", "thumbnailer/images.py", "thumbnailer", """
@@ def load(b):
+    if is_webp(b):
+        return load_webp(b)
     return Image.open(b)
"""),
        ],
        logs=[log("media", "ERROR", "thumbnailer timed out after 10s", -18, 90)],
        metrics=[metric("thumbnailer", "request_queue_depth", 1, 240, -19), metric("thumbnailer", "http_p95_ms", 300, 9800, -19), metric("thumbnailer", "requests_per_second", 14, 14, None), metric("thumbnailer", "cpu_utilization", 0.6, 0.12, -19)],
        culprit="a59",
    ),
    Case(
        "grpc-enum-removed",
        entity="order",
        edges=(("mobile", "order"), ("order", "payment")),
        changes=[
            change(-25, "a60", "proto: drop deprecated payment method", "proto/payment/v1/payment.proto", "payment", """
@@ enum Method {
   METHOD_UNSPECIFIED = 0;
   METHOD_CARD = 1;
-  METHOD_WALLET = 2;
"""),
            change(-12, "b70", "order: tidy payment mapper", "services/order/payment_mapper.go", "order", """
@@ func toProto(m string) pb.Method {
-	switch m { case "card": return pb.Method_METHOD_CARD }
-	return pb.Method_METHOD_UNSPECIFIED
+	return methodByName(m)
"""),
        ],
        logs=[log("payment", "ERROR", "invalid enum value METHOD_WALLET (2) for payment.v1.Method", -22, 120), log("order", "ERROR", "payment rejected: INVALID_ARGUMENT", -22, 110)],
        metrics=[metric("order", "order_failure_ratio", 0.01, 0.35, -22)],
        culprit="a60",
    ),
    Case(
        "bad-partner-feed",
        entity="catalog-import",
        edges=(("catalog-import", "catalog-db"),),
        changes=[
            change(-26, "a61", "catalog-import: extract csv header reader", "catalog_import/csv.py", "catalog-import", """
@@ def rows(f):
-    reader = csv.reader(f)
-    header = next(reader)
+    header, reader = open_csv(f)
"""),
            change(-14, "b71", "catalog-import: raise batch size 500 to 600", "catalog_import/config.yaml", "catalog-import", "@@\n-batch_size: 500\n+batch_size: 600\n"),
        ],
        logs=[log("catalog-import", "ERROR", "partner feed northwind-2026-03-01.csv: malformed record at line 1: expected 14 columns, got 3", -8, 60)],
        metrics=[metric("catalog-import", "import_failed_total", 0, 60, -8)],
        culprit="",
    ),
    Case(
        "cloud-zone-outage",
        entity="api",
        edges=(("edge", "api"), ("api", "cache"), ("api", "db")),
        changes=[
            change(-29, "a62", "api: tidy handler names", "api/handlers.go", "api", "@@\n-func hUsers(w http.ResponseWriter, r *http.Request) {\n+func usersHandler(w http.ResponseWriter, r *http.Request) {\n"),
            change(-12, "b72", "api: db timeout 2s -> 3s", "api/config.yaml", "api", "@@ db:\n-  timeout: 2s\n+  timeout: 3s\n"),
            flag(-10, "api_new_pagination", "api"),
        ],
        logs=[log("api", "ERROR", "db: dial tcp 10.2.3.4:5432: i/o timeout", -8, 200), log("api", "ERROR", "cache: dial tcp 10.2.9.9:6379: i/o timeout", -8, 200)],
        metrics=[metric("api", "http_5xx_rate", 0.001, 0.4, -8), metric("db", "up", 1, 0, -8), metric("cache", "up", 1, 0, -8)],
        events=[event(-8.5, "cloud-provider", "ZoneImpaired", "availability zone eu-1b network impaired; 14 nodes unreachable")],
        culprit="",
    ),
    Case(
        "secret-revoked-by-provider",
        entity="sms",
        edges=(("auth", "sms"),),
        changes=[
            change(-30, "a63", "sms: move twilio credentials lookup into constructor", "sms/twilio.go", "sms", """
@@ func (c *Client) Send(to, body string) error {
-	sid := c.cfg.AccountSID
-	return c.post(sid, to, body)
+	return c.post(c.sid, to, body)
"""),
            change(-15, "b73", "sms: retry on 429", "sms/retry.go", "sms", """
@@ func shouldRetry(code int) bool {
-	return code >= 500
+	return code >= 500 || code == 429
"""),
        ],
        logs=[log("sms", "ERROR", "twilio: 401 Authenticate: the auth token has been revoked", -7, 90)],
        metrics=[metric("sms", "send_failure_ratio", 0.01, 1.0, -7)],
        culprit="",
    ),
    Case(
        "batch-job-hogs-database",
        entity="ledger",
        edges=(("payments", "ledger"), ("ledger", "ledger-db"), ("month-end-report", "ledger-db")),
        changes=[
            change(-26, "a64", "ledger: use prepared statements", "ledger/store.go", "ledger", """
@@ func (s *Store) Insert(ctx context.Context, e Entry) error {
-	_, err := s.db.Exec(ctx, insertSQL, e.ID, e.Amount)
+	_, err := s.insert.Exec(ctx, e.ID, e.Amount)
"""),
            change(-13, "b74", "ledger: lock timeout 1s -> 2s", "ledger/config.yaml", "ledger", "@@\n-lock_timeout: 1s\n+lock_timeout: 2s\n"),
        ],
        logs=[log("ledger", "WARN", "insert took 3100ms", -10, 100), log("month-end-report", "INFO", "starting scheduled month end report over 48M rows", -11, 1)],
        metrics=[metric("ledger-db", "cpu_utilization", 0.3, 0.99, -11), metric("month-end-report", "db_rows_read_per_second", 0, 900000, -11), metric("ledger", "http_p99_ms", 80, 3300, -10), metric("ledger", "requests_per_second", 75, 75, None)],
        culprit="",
    ),
    Case(
        "cdn-provider-degraded",
        entity="web",
        edges=(("web", "assets"),),
        changes=[
            change(-24, "a65", "web: bundle splitting", "web/webpack.config.js", "web", "@@\n-  splitChunks: false,\n+  splitChunks: { chunks: 'all' },\n"),
            change(-11, "b75", "web: cloudflare purge script", "web/scripts/purge.sh", "web", "@@\n-curl $URL\n+curl -fsS $URL\n"),
        ],
        logs=[log("web", "ERROR", "asset fetch failed: 522 from cdn.acme-static.com (cloudflare origin timeout)", -6, 150)],
        metrics=[metric("web", "asset_error_ratio", 0.001, 0.3, -6)],
        documents={"docs/status_feed.json": '{"provider": "Cloudflare", "incidents": [{"started_at": "2026-03-01T11:52:00Z", "impact": "major", "status": "investigating", "name": "Elevated 522 errors in Frankfurt"}]}'},
        culprit="",
    ),
]
