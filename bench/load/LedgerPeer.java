import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.datastax.driver.core.BoundStatement;
import com.datastax.driver.core.Cluster;
import com.datastax.driver.core.ConsistencyLevel;
import com.datastax.driver.core.PreparedStatement;
import com.datastax.driver.core.QueryOptions;
import com.datastax.driver.core.ResultSetFuture;
import com.datastax.driver.core.Row;
import com.datastax.driver.core.Session;
import com.datastax.driver.core.policies.DCAwareRoundRobinPolicy;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.LoggerFactory;

/**
 * The ledger's writes and reads in turns, open loop, with the Java driver that cassandra-stress is built on (it comes with Cassandra) and nothing around it. `java LedgerPeer.java HOST PORT
 * DATACENTER RATE WARM_UP SECONDS` says `begin` when its warm-up is over, and then one line of JSON.
 */
public final class LedgerPeer {
  private static final int BUCKET = 1000;
  private static final int IN_FLIGHT = 2000;

  public static void main(String[] args) throws Exception {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    int rate = Integer.parseInt(args[3]);
    int warmUp = rate * Integer.parseInt(args[4]);
    int total = warmUp + rate * Integer.parseInt(args[5]);
    String part = "java-peer-" + ProcessHandle.current().pid();
    long[] late = new long[total - warmUp];
    AtomicInteger notOk = new AtomicInteger();
    AtomicInteger acknowledged = new AtomicInteger(-1);
    Semaphore free = new Semaphore(IN_FLIGHT);
    try (Cluster cluster = Cluster.builder()
            .addContactPoint(args[0])
            .withPort(Integer.parseInt(args[1]))
            .withLoadBalancingPolicy(DCAwareRoundRobinPolicy.builder().withLocalDc(args[2]).build())
            .withQueryOptions(new QueryOptions().setConsistencyLevel(ConsistencyLevel.LOCAL_QUORUM))
            .build();
        Session session = cluster.connect("drill")) {
      PreparedStatement insert =
          session.prepare("INSERT INTO ledger (part, bucket, seq, key, sum) VALUES (?, ?, ?, ?, ?)");
      PreparedStatement select =
          session.prepare("SELECT key, sum FROM ledger WHERE part = ? AND bucket = ? AND seq = ?");
      long began = System.nanoTime();
      for (int n = 0; n < total; n += 1) {
        long due = began + n * 1_000_000_000L / rate;
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) LockSupport.parkNanos(left);
        if (n == warmUp) System.out.println("begin");
        boolean measured = n >= warmUp;
        free.acquire();
        if (measured) late[n - warmUp] = System.nanoTime() - due;
        int seq = n;
        int last = acknowledged.get();
        boolean write = n % 2 == 0 || last < 0;
        int of = write ? seq : last;
        String key = part + "/" + of;
        BoundStatement bound = write
            ? insert.bind(part, of / BUCKET, (long) of, key, checksum(key, of))
            : select.bind(part, of / BUCKET, (long) of);
        ResultSetFuture answer = session.executeAsync(bound);
        answer.addListener(
            () -> {
              boolean ok = false;
              try {
                Row row = answer.getUninterruptibly().one();
                ok = write || (row != null && row.getString("key").equals(key) && row.getString("sum").equals(checksum(key, of)));
                if (write) acknowledged.accumulateAndGet(seq, Math::max);
              } catch (RuntimeException refused) {
                ok = false;
              }
              if (measured && !ok) notOk.incrementAndGet();
              free.release();
            },
            Runnable::run);
      }
      free.acquire(IN_FLIGHT);
      Thread.sleep(2000); // whoever measures looks a second time
      for (int bucket = 0; bucket * BUCKET < total; bucket += 1)
        session.execute("DELETE FROM ledger WHERE part = ? AND bucket = ?", part, bucket);
    }
    Arrays.sort(late);
    System.out.printf(
        "{\"operations\":%d,\"notOk\":%d,\"dropped\":0,\"latenessP50Us\":%d,\"latenessP99Us\":%d}%n",
        late.length, notOk.get(), at(late, 0.5) / 1000, at(late, 0.99) / 1000);
    System.exit(0);
  }

  private static long at(long[] sorted, double q) {
    return sorted[(int) Math.ceil(q * sorted.length) - 1];
  }

  private static String checksum(String key, int seq) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest((key + "\u0000" + seq).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, 16);
    } catch (java.security.NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
