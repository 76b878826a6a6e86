"""How well metrics' surprises find what people called anomalies: NAB's univariate series and two sets of servers."""
