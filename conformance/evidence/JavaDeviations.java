import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Where executors of java.util.concurrent differ from the contract, in plain Java.
 *
 *     java JavaDeviations.java [NAME...]
 *
 * makes each deviation happen to each executor, and prints `defect` or `sound`, or why it cannot be told.
 */
public final class JavaDeviations {
    interface Deviation {
        boolean shows(ExecutorService executor) throws Exception;
    }

    /** The argument of a task. */
    static final class Argument { }

    static Callable<Integer> holding(Argument argument) {
        return () -> argument.hashCode();
    }

    /** What a task carried is kept as long as its future, although the task has run (MEM-001). */
    static boolean argumentKept(ExecutorService executor) throws Exception {
        Argument argument = new Argument();
        WeakReference<Argument> alive = new WeakReference<>(argument);
        Future<Integer> future = executor.submit(holding(argument));
        future.get();
        argument = null;
        for (int turn = 0; turn < 50 && alive.get() != null; turn++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(20);
        }
        boolean kept = alive.get() != null;
        // The future lives until here.
        return kept && future.isDone();
    }

    /** A new thread is started at each submit although one is idle (WORK-006). */
    static boolean idleNotReused(ExecutorService executor) throws Exception {
        Set<Long> threads = new HashSet<>();
        for (int number = 0; number < 4; number++) {
            threads.add(executor.submit(() -> Thread.currentThread().getId()).get());
            // Long enough for the worker to be idle again.
            TimeUnit.MILLISECONDS.sleep(200);
        }
        return threads.size() > 1;
    }

    /** A task that raises the cancellation error itself is said to have been cancelled (FAIL-005). */
    static boolean ownCancellation(ExecutorService executor) throws Exception {
        Future<Integer> future = executor.submit((Callable<Integer>) () -> {
            throw new CancellationException("of the task");
        });
        try {
            future.get();
        } catch (CancellationException cancelled) {
            return true;
        } catch (ExecutionException failed) {
            return future.isCancelled();
        }
        return true;
    }

    public static void main(String[] arguments) throws Exception {
        String[] names = {"argumentKept", "idleNotReused", "ownCancellation"};
        Deviation[] deviations = {JavaDeviations::argumentKept, JavaDeviations::idleNotReused, JavaDeviations::ownCancellation};
        List<String> wanted = List.of(arguments);
        for (int place = 0; place < names.length; place++) {
            if (!wanted.isEmpty() && !wanted.contains(names[place])) continue;
            System.out.printf("%-16s", names[place]);
            for (String factory : new String[] {"newFixedThreadPool", "ForkJoinPool", "newVirtualThreadPerTaskExecutor"}) {
                System.out.printf("  %s: %s", factory, tried(factory, deviations[place]));
            }
            System.out.println();
        }
        System.exit(0);
    }

    static String tried(String factory, Deviation deviation) {
        try {
            ExecutorService executor = switch (factory) {
                case "newFixedThreadPool" -> Executors.newFixedThreadPool(4);
                case "ForkJoinPool" -> new ForkJoinPool(4);
                // Java 21 and later.
                default -> (ExecutorService) Executors.class.getMethod(factory).invoke(null);
            };
            return deviation.shows(executor) ? "defect" : "sound";
        } catch (NoSuchMethodException absent) {
            return "absent";
        } catch (Exception error) {
            return "cannot be told: " + error;
        }
    }
}
