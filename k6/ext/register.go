// Package drill registers k6/x/gremlin and k6/x/cql, for k6 and for xk6.
package drill

import (
	_ "drill.local/xk6-drill/cql"     // k6/x/cql
	_ "drill.local/xk6-drill/gremlin" // k6/x/gremlin
)
