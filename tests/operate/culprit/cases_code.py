"""Incidents that a change brought, written down from how such things look in several languages."""

from __future__ import annotations

from tests.operate.culprit.incident import Case, change, flag, log, metric

CASES = [
    Case(
        "null-check-removed-java",
        entity="profile-service",
        edges=(("web-gateway", "profile-service"), ("profile-service", "user-db")),
        changes=[
            change(-40, "a11", "Inline avatar lookup", "profile/src/main/java/com/acme/profile/AvatarResolver.java", "profile-service", """
@@ -31,9 +31,6 @@ public class AvatarResolver {
   public String resolve(User user) {
-    if (user.getAvatar() == null) {
-      return DEFAULT_AVATAR;
-    }
     return user.getAvatar().getUrl();
   }
"""),
            change(-12, "b22", "Rename local variables in ProfileController", "profile/src/main/java/com/acme/profile/ProfileController.java", "profile-service", """
@@ -12,7 +12,7 @@ public class ProfileController {
-    User u = users.find(id);
-    return view(u);
+    User user = users.find(id);
+    return view(user);
"""),
            change(-25, "c33", "Bump jackson to 2.15.3", "profile/pom.xml", None, """
@@ -8,7 +8,7 @@
-      <version>2.15.2</version>
+      <version>2.15.3</version>
"""),
        ],
        logs=[
            log("profile-service", "ERROR", "Unhandled exception for GET /profile/{id}: java.lang.NullPointerException: Cannot invoke \"com.acme.profile.Avatar.getUrl()\" because the return value of \"com.acme.profile.User.getAvatar()\" is null", -30, 40, stack="at com.acme.profile.AvatarResolver.resolve(AvatarResolver.java:33)"),
            log("web-gateway", "WARN", "profile-service responded 500, rendering without profile", -29, 15),
        ],
        metrics=[metric("profile-service", "http_server_error_rate", 0.002, 0.11, -30)],
        culprit="a11",
    ),
    Case(
        "n-plus-one-orm",
        entity="catalog",
        edges=(("storefront", "catalog"),),
        changes=[
            change(-35, "a12", "Expose supplier name in product list", "catalog/app/serializers.py", "catalog", """
@@ -20,8 +20,9 @@ class ProductListSerializer:
     def to_dict(self, products):
-        return [{"id": p.id, "title": p.title} for p in products]
+        return [
+            {"id": p.id, "title": p.title, "supplier": Supplier.objects.get(pk=p.supplier_id).name}
+            for p in products
+        ]
"""),
            change(-8, "b23", "Format catalog settings", "catalog/app/settings.py", "catalog", """
@@ -4,4 +4,4 @@
-ALLOWED = ["a","b"]
+ALLOWED = ["a", "b"]
"""),
            change(-50, "c34", "Raise statement timeout to 8s", "catalog/config/db.yaml", "catalog", """
@@ -2,3 +2,3 @@ database:
-  statement_timeout: 5s
+  statement_timeout: 8s
"""),
        ],
        logs=[log("catalog", "WARN", "request GET /products took 4210ms (sql 201 statements)", -33, 60), log("storefront", "ERROR", "catalog timed out after 3000ms", -30, 20)],
        metrics=[metric("catalog", "http_request_duration_p95_seconds", 0.18, 4.1, -34), metric("catalog", "db_queries_per_request", 3, 204, -34), metric("catalog", "http_requests_per_second", 120, 118, None), metric("catalog", "postgres_cpu_ratio", 0.2, 0.93, -33)],
        culprit="a12",
    ),
    Case(
        "unbounded-cache-memory",
        entity="pricing",
        edges=(("checkout", "pricing"),),
        changes=[
            change(-95, "a13", "Memoize quote computation per request key", "pricing/quotes.go", "pricing", """
@@ func (s *Service) Quote(req Request) Price {
-	return s.compute(req)
+	if p, ok := s.quoteCache[req.Key()]; ok {
+		return p
+	}
+	p := s.compute(req)
+	s.quoteCache[req.Key()] = p
+	return p
"""),
            change(-30, "b24", "Log quote id", "pricing/log.go", "pricing", """
@@ func (s *Service) finish(p Price) {
+	s.log.Info("quoted", "id", p.ID)
"""),
            change(-20, "c35", "Increase readiness initial delay", "charts/pricing/values.yaml", "pricing", """
@@ readinessProbe:
-  initialDelaySeconds: 5
+  initialDelaySeconds: 10
"""),
        ],
        logs=[log("pricing", "WARN", "GC pause 812ms heap 1.9GiB", -20, 12), log("kubelet", "ERROR", "Container pricing in pod pricing-6f7 OOMKilled (exit code 137)", -6, 4)],
        metrics=[metric("pricing", "process_resident_memory_bytes", 3e8, 1.9e9, -60), metric("pricing", "http_request_duration_p99_ms", 45, 900, -15), metric("pricing", "container_restarts_total", 0, 4, -6)],
        culprit="a13",
    ),
    Case(
        "dropped-index-migration",
        entity="order-api",
        edges=(("web", "order-api"), ("order-api", "orders-db")),
        changes=[
            change(-28, "a14", "Clean up unused indexes", "order-api/migrations/0042_cleanup.sql", "order-api", """
@@ -0,0 +1,2 @@
+DROP INDEX IF EXISTS idx_orders_customer_created;
+DROP INDEX IF EXISTS idx_orders_legacy;
"""),
            change(-15, "b25", "Paginate admin order view", "order-api/admin/orders.rb", "order-api", """
@@ class AdminOrders
-  def index; Order.all; end
+  def index; Order.limit(50).offset(page * 50); end
"""),
        ],
        logs=[log("orders-db", "WARN", "duration: 5120 ms statement: SELECT * FROM orders WHERE customer_id = $1 ORDER BY created_at DESC LIMIT 20", -27, 50), log("order-api", "ERROR", "ActiveRecord::StatementTimeout: canceling statement due to statement timeout", -25, 30)],
        metrics=[metric("order-api", "http_p99_latency_ms", 80, 5200, -27), metric("orders-db", "db_cpu_utilization", 0.25, 0.98, -27), metric("orders-db", "seq_scan_rate", 2, 210, -27)],
        culprit="a14",
    ),
    Case(
        "field-renamed-between-services",
        entity="ledger",
        edges=(("payments", "ledger"),),
        changes=[
            change(-22, "a15", "payments: tidy event DTO", "payments/src/events/PaymentCaptured.ts", "payments", """
@@ export interface PaymentCaptured {
   paymentId: string;
-  amountMinor: number;
+  amount: number;
   currency: string;
"""),
            change(-14, "b26", "ledger: extract journal writer", "ledger/src/journal.ts", "ledger", """
@@ export async function post(e: Entry) {
-  await db.insert("journal", e);
-  metrics.count("posted");
+  await writeJournal(e);
+  metrics.count("posted");
"""),
        ],
        logs=[log("ledger", "ERROR", "rejecting event payment.captured: schema validation failed: missing required property 'amountMinor'", -20, 300), log("ledger", "WARN", "moved 25 messages to dead letter queue ledger.dlq", -19, 12)],
        metrics=[metric("ledger", "dlq_messages_total", 0, 4100, -20), metric("ledger", "events_processed_per_second", 60, 2, -20)],
        culprit="a15",
    ),
    Case(
        "connection-leak-python",
        entity="report-worker",
        edges=(("scheduler", "report-worker"), ("report-worker", "warehouse")),
        changes=[
            change(-120, "a16", "Simplify export cursor handling", "report_worker/export.py", "report-worker", """
@@ def export(query):
-    with pool.connection() as conn:
-        rows = conn.execute(query).fetchall()
+    conn = pool.getconn()
+    rows = conn.execute(query).fetchall()
     return to_csv(rows)
"""),
            change(-10, "b27", "Use f-strings in mailer", "report_worker/mailer.py", "report-worker", """
@@ def subject(name):
-    return "Report %s" % name
+    return f"Report {name}"
"""),
        ],
        logs=[log("report-worker", "ERROR", "psycopg_pool.PoolTimeout: couldn't get a connection after 30.00 sec", -18, 45), log("warehouse", "WARN", "remaining connection slots are reserved for roles with the SUPERUSER attribute", -12, 8)],
        metrics=[metric("warehouse", "connections_active", 12, 97, -80), metric("report-worker", "job_duration_p95_seconds", 40, 95, -18)],
        culprit="a16",
    ),
    Case(
        "jwt-audience-changed",
        entity="account-api",
        edges=(("mobile-bff", "account-api"),),
        changes=[
            change(-17, "a17", "Align token settings with platform naming", "mobile-bff/config/auth.yaml", "mobile-bff", """
@@ auth:
-  audience: account-api
+  audience: accounts.internal
   issuer: https://id.acme.io
"""),
            change(-11, "b28", "account-api: cache JWKS parsing result", "account-api/auth/keys.go", "account-api", """
@@ func parse(b []byte) (*Keys, error) {
-	k := Keys{}
-	err := json.Unmarshal(b, &k)
-	return &k, err
+	var k Keys
+	err := json.Unmarshal(b, &k)
+	return &k, err
"""),
        ],
        logs=[log("account-api", "WARN", "401 unauthorized: token has invalid audience: got accounts.internal, want account-api", -16, 900)],
        metrics=[metric("account-api", "http_401_rate", 0.01, 0.74, -16), metric("mobile-bff", "login_success_ratio", 0.99, 0.2, -16)],
        culprit="a17",
    ),
    Case(
        "retry-storm",
        entity="inventory",
        edges=(("cart", "inventory"), ("inventory", "stock-db")),
        changes=[
            change(-30, "a18", "cart: be more resilient to inventory blips", "cart/src/client/inventory.rs", "cart", """
@@ impl InventoryClient {
-            .max_retries(2)
-            .backoff(ExponentialBackoff::from_millis(200))
+            .max_retries(10)
+            .backoff(FixedBackoff::from_millis(5))
"""),
            change(-16, "b29", "inventory: rename handler module", "inventory/src/http.rs", "inventory", """
@@
-mod handler;
+mod handlers;
"""),
        ],
        logs=[log("cart", "WARN", "inventory call failed, retrying attempt=7", -20, 500), log("inventory", "ERROR", "server overloaded: too many requests in flight, shedding load (429)", -21, 700)],
        metrics=[metric("inventory", "http_requests_per_second", 300, 2400, -21), metric("cart", "checkout_requests_per_second", 50, 50.5, None), metric("inventory", "http_429_rate", 0.0, 0.4, -21), metric("inventory", "cpu_utilization", 0.4, 0.99, -21)],
        culprit="a18",
    ),
    Case(
        "regex-backtracking",
        entity="comment-service",
        edges=(("web", "comment-service"),),
        changes=[
            change(-26, "a19", "Stricter link detection", "comment-service/lib/linkify.js", "comment-service", """
@@ function linkify(text) {
-const LINK = /https?:\\/\\/\\S+/g;
+const LINK = /^(https?:\\/\\/)?(([\\w-]+\\.?)+)+\\/?$/g;
"""),
            change(-9, "b30", "Update copy in moderation email", "comment-service/templates/moderation.html", "comment-service", """
@@
-<p>Hello</p>
+<p>Hello there</p>
"""),
            change(-60, "c36", "Cap comment length at 5000", "comment-service/lib/validate.js", "comment-service", """
@@ function validate(c) {
-  if (c.body.length > 10000) throw new TooLong();
+  if (c.body.length > 5000) throw new TooLong();
"""),
        ],
        logs=[log("comment-service", "WARN", "event loop blocked for 8123 ms", -22, 40), log("web", "ERROR", "comment-service: socket hang up", -21, 30)],
        metrics=[metric("comment-service", "nodejs_eventloop_lag_seconds", 0.01, 6.0, -22), metric("comment-service", "process_cpu_ratio", 0.2, 1.0, -22), metric("comment-service", "http_requests_per_second", 35, 34, None)],
        culprit="a19",
    ),
    Case(
        "wrong-endpoint-config",
        entity="notification",
        edges=(("order", "notification"),),
        changes=[
            change(-14, "a20", "Consolidate broker settings", "notification/config/production.yaml", "notification", """
@@ kafka:
-  bootstrap_servers: kafka-0.kafka.svc:9092
+  bootstrap_servers: kafka.staging.svc:9092
"""),
            change(-10, "b31", "Add unsubscribe footer", "notification/render.py", "notification", """
@@ def render(m):
-    return body(m)
+    return body(m) + FOOTER
"""),
        ],
        logs=[log("notification", "ERROR", "Failed to resolve 'kafka.staging.svc:9092': Name or service not known", -13, 80), log("notification", "ERROR", "KafkaTimeoutError: Failed to update metadata after 60.0 secs.", -12, 20)],
        metrics=[metric("notification", "consumer_lag", 10, 52000, -13)],
        culprit="a20",
    ),
    Case(
        "memory-limit-lowered",
        entity="search-indexer",
        edges=(("catalog", "search-indexer"),),
        changes=[
            change(-33, "a21", "Right-size workloads", "deploy/prod/search-indexer.yaml", "search-indexer", """
@@ resources:
   limits:
-    memory: 2Gi
+    memory: 768Mi
     cpu: "1"
"""),
            change(-18, "b32", "search-indexer: bump log4j 2.20.0 to 2.20.1", "search-indexer/build.gradle", "search-indexer", """
@@ dependencies {
-    implementation "org.apache.logging.log4j:log4j-core:2.20.0"
+    implementation "org.apache.logging.log4j:log4j-core:2.20.1"
"""),
        ],
        logs=[log("search-indexer", "ERROR", "java.lang.OutOfMemoryError: Java heap space", -25, 9)],
        metrics=[metric("search-indexer", "container_restarts", 0, 11, -25), metric("search-indexer", "memory_limit_utilization", 0.45, 0.99, -31), metric("search-indexer", "indexing_lag_seconds", 4, 1300, -24)],
        culprit="a21",
    ),
    Case(
        "rounding-in-money",
        entity="billing",
        edges=(("subscription", "billing"),),
        changes=[
            change(-45, "a22", "billing: use float math for proration", "billing/proration.py", "billing", """
@@ def prorate(amount, days, total):
-    return (Decimal(amount) * days / total).quantize(CENT)
+    return round(float(amount) * days / total, 1)
"""),
            change(-20, "b33", "billing: document invoice states", "billing/docs/states.md", "billing", ""),
            change(-13, "c37", "billing: extract tax helper", "billing/tax.py", "billing", """
@@ def tax(x):
-    return x * rate(country)
+    return taxed(x, rate(country))
"""),
        ],
        logs=[log("billing", "ERROR", "reconciliation mismatch: invoice total differs from ledger by 0.05 EUR", -35, 130)],
        metrics=[metric("billing", "reconciliation_mismatch_total", 0, 130, -35)],
        culprit="a22",
    ),
    Case(
        "debug-logging-fills-disk",
        entity="gateway",
        edges=(("edge", "gateway"),),
        changes=[
            change(-180, "a23", "Turn on request tracing for support case", "gateway/config/logging.yaml", "gateway", """
@@ logging:
-  level: INFO
+  level: DEBUG
"""),
            change(-25, "b34", "gateway: reorder middlewares alphabetically", "gateway/middleware.go", "gateway", """
@@ var chain = []Middleware{
-	recovery, auth, cors,
+	auth, cors, recovery,
"""),
        ],
        logs=[log("gateway", "DEBUG", "request headers dumped for route", -178, 4000), log("gateway", "ERROR", "write /var/log/gateway/access.log: no space left on device", -12, 60)],
        metrics=[metric("gateway", "disk_used_ratio", 0.4, 1.0, -120), metric("gateway", "log_bytes_per_second", 2e4, 9e6, -179), metric("gateway", "http_5xx_rate", 0.001, 0.3, -12)],
        culprit="a23",
    ),
    Case(
        "sync-call-added",
        entity="signup",
        edges=(("web", "signup"), ("signup", "crm")),
        changes=[
            change(-24, "a24", "signup: send CRM contact inline for consistency", "signup/handler.py", "signup", """
@@ async def create(user):
     await repo.insert(user)
-    asyncio.create_task(crm.push(user))
+    await crm.push(user)
     return user
"""),
            change(-12, "b35", "signup: type hints", "signup/models.py", "signup", """
@@ class User:
-    def name(self):
+    def name(self) -> str:
"""),
            change(-50, "c38", "signup: raise pool size", "signup/config.yaml", "signup", """
@@ db:
-  pool_size: 10
+  pool_size: 15
"""),
        ],
        logs=[log("signup", "WARN", "POST /signup slow: 2310 ms (crm.push 2190 ms)", -23, 150)],
        metrics=[metric("signup", "http_p95_ms", 120, 2350, -23), metric("crm", "http_p95_ms", 2150, 2180, None), metric("signup", "requests_per_second", 20, 20.3, None)],
        culprit="a24",
    ),
    Case(
        "flag-enables-broken-path",
        entity="recommender",
        edges=(("home", "recommender"),),
        changes=[
            change(-200, "a25", "recommender: embedding ranker behind flag", "recommender/rank.py", "recommender", """
@@ def rank(items, user):
+    if flags.on("embedding_ranker"):
+        vec = store.vector(user.id)
+        return sorted(items, key=lambda i: dot(vec, i.embedding))
     return sorted(items, key=score)
"""),
            flag(-15, "embedding_ranker", "recommender"),
            change(-40, "b36", "recommender: bump numpy 1.26.3 -> 1.26.4", "recommender/requirements.txt", "recommender", """
@@
-numpy==1.26.3
+numpy==1.26.4
"""),
        ],
        logs=[log("recommender", "ERROR", "TypeError: unsupported operand type(s) for *: 'NoneType' and 'float' in dot (embedding is None for item)", -14, 220)],
        metrics=[metric("recommender", "http_5xx_rate", 0.001, 0.22, -14)],
        culprit="a25",
        also=("embedding_ranker",),
    ),
    Case(
        "rate-limit-lowered",
        entity="public-api",
        edges=(("partner-portal", "public-api"),),
        changes=[
            change(-19, "a26", "Unify throttling defaults", "libs/throttle/defaults.kt", "public-api", """
@@ object Defaults {
-    const val REQUESTS_PER_MINUTE = 6000
+    const val REQUESTS_PER_MINUTE = 600
"""),
            change(-8, "b37", "public-api: clean imports", "public-api/src/Main.kt", "public-api", """
@@
-import a.b.C
+import a.b.D
"""),
            change(-30, "c39", "public-api: raise upload size", "public-api/src/Upload.kt", "public-api", """
@@ class Upload {
-    val maxBytes = 10 * 1024 * 1024
+    val maxBytes = 20 * 1024 * 1024
"""),
        ],
        logs=[log("public-api", "WARN", "rate limit exceeded for client acme (limit 600/min)", -18, 800)],
        metrics=[metric("public-api", "http_429_rate", 0.001, 0.55, -18), metric("public-api", "requests_per_second", 80, 79, None)],
        culprit="a26",
    ),
]
