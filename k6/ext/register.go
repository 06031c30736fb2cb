// Package drill registers k6/x/gremlin, k6/x/cql and k6/x/drill, for k6 and for xk6.
package drill

import (
	_ "drill.local/xk6-drill/cql"     // k6/x/cql
	_ "drill.local/xk6-drill/drill"   // k6/x/drill
	_ "drill.local/xk6-drill/gremlin" // k6/x/gremlin
)
