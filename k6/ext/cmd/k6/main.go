// Command k6 is k6 with this module's extensions compiled in.
package main

import (
	"go.k6.io/k6/cmd"

	_ "drill.local/xk6-drill" // k6/x/gremlin and k6/x/cql
)

func main() { cmd.Execute() }
