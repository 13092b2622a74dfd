// Command k6 is the pinned k6 with the extensions the suite uses.
package main

import (
	_ "github.com/grafana/xk6-redis"
	"go.k6.io/k6/cmd"
	_ "throughline.dev/xk6/influxdb"
	_ "throughline.dev/xk6/nats"
	_ "throughline.dev/xk6/sockets"
	_ "throughline.dev/xk6/streams"
)

func main() { cmd.Execute() }
