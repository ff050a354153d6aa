import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The Java driver: lets Poolproof reach any {@link ExecutorService}. It speaks the protocol of
 * executors/PROTOCOL.md and needs nothing but a JDK, 17 or later. All of it stands in one file, so
 * that Java can run it from its source.
 *
 * <p>What is judged is `submit`, the futures it returns, and `shutdown`. Three things that Java has
 * promise something else than the contract, and are not declared: `Future.cancel` marks a running
 * task as cancelled, `invokeAll` waits for everything, `shutdownNow` interrupts what runs.
 */
public final class PoolproofDriver {
    private static final int PROTOCOL = 1;
    private static final long GRACE_SECONDS = 3;

    private final SocketChannel stream;
    private final Map<Long, Object> held = new ConcurrentHashMap<>();
    private final Map<Long, LinkedBlockingQueue<Map<String, Object>>> lanes = new HashMap<>();
    private String subject = "";

    private PoolproofDriver(SocketChannel stream) {
        this.stream = stream;
    }

    public static void main(String[] arguments) throws Exception {
        onSignal("USR1", PoolproofDriver::printStacks);
        // An interrupt from the keyboard is for the host, which then closes the connection.
        onSignal("INT", () -> { });
        SocketChannel stream = connect(System.getenv("POOLPROOF_DRIVER"));
        PoolproofDriver driver = new PoolproofDriver(stream);
        LinkedBlockingQueue<Map<String, Object>> first = new LinkedBlockingQueue<>();
        driver.lanes.put(0L, first);
        daemon("reader", driver::read).start();
        driver.serve(first);
        endSoon();
        for (Object one : driver.held.values()) {
            if (one instanceof Opened opened) opened.executor.shutdown();
        }
        driver.held.clear();
    }

    /** Ends this process after the grace, whatever hangs in it. */
    private static void endSoon() {
        daemon("grace", () -> {
            try {
                TimeUnit.SECONDS.sleep(GRACE_SECONDS);
            } catch (InterruptedException ignored) {
                // Then it ends at once.
            }
            Runtime.getRuntime().halt(0);
        }).start();
    }

    private static Thread daemon(String name, Runnable body) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        return thread;
    }

    static SocketChannel connect(String path) throws IOException {
        SocketChannel stream = SocketChannel.open(StandardProtocolFamily.UNIX);
        stream.connect(UnixDomainSocketAddress.of(path));
        return stream;
    }

    static void send(SocketChannel stream, Object message) throws IOException {
        ByteBuffer line = ByteBuffer.wrap((Json.write(message) + "\n").getBytes(StandardCharsets.UTF_8));
        while (line.hasRemaining()) stream.write(line);
    }

    static BufferedReader reader(SocketChannel stream) {
        return new BufferedReader(Channels.newReader(stream, StandardCharsets.UTF_8));
    }

    /** Hands every request to its lane until the host closes the connection. */
    private void read() {
        try (BufferedReader lines = reader(stream)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Map<String, Object> request = Json.object(Json.parse(line));
                lane((Long) request.getOrDefault("lane", 0L)).add(request);
            }
        } catch (IOException gone) {
            // The host is gone.
        }
        endSoon();
        lane(0L).add(Map.of());
    }

    private LinkedBlockingQueue<Map<String, Object>> lane(Long number) {
        return lanes.computeIfAbsent(number, key -> {
            LinkedBlockingQueue<Map<String, Object>> inbox = new LinkedBlockingQueue<>();
            daemon("lane-" + key, () -> serve(inbox)).start();
            return inbox;
        });
    }

    /** Makes the calls of one lane, one after the other. */
    private void serve(LinkedBlockingQueue<Map<String, Object>> inbox) {
        while (true) {
            Map<String, Object> request;
            try {
                request = inbox.take();
            } catch (InterruptedException interrupted) {
                continue;
            }
            if (request.isEmpty()) return;
            Map<String, Object> answer = new HashMap<>();
            answer.put("id", request.get("id"));
            try {
                answer.put("ok", call(request));
            } catch (Fault fault) {
                answer.put("fault", fault.wire);
            } catch (Throwable error) {
                answer.put("fault", Map.of("raised", raised(error)));
            }
            synchronized (stream) {
                try {
                    send(stream, answer);
                } catch (IOException gone) {
                    return;
                }
            }
            if ("bye".equals(request.get("call"))) return;
        }
    }

    private Object call(Map<String, Object> request) throws Exception {
        switch ((String) request.get("call")) {
            case "hello": return hello(request);
            case "open": return open(request);
            case "submit": {
                Opened opened = get(request, "executor", Opened.class);
                held.put((Long) request.get("future"), opened.submit(Json.object(request.get("probe"))));
                return null;
            }
            case "result": return get(request, "future", Submitted.class).result((Long) request.get("timeout_us"));
            case "exception": {
                Map<String, Object> outcome = get(request, "future", Submitted.class).result((Long) request.get("timeout_us"));
                return outcome.get("Err");
            }
            case "error_weight": return get(request, "future", Submitted.class).errorWeight();
            case "state": return get(request, "future", Submitted.class).state();
            case "shutdown": {
                get(request, "executor", Opened.class).shutdown((Boolean) request.get("wait"), (Boolean) request.get("cancel_futures"));
                return null;
            }
            case "drop": {
                Object dropped = held.remove((Long) request.get("handle"));
                if (dropped instanceof Opened opened) Opened.TABLE.values().remove(opened);
                return null;
            }
            case "round": return Rounds.run(get(request, "executor", Opened.class).executor, Json.object(request.get("spec")));
            case "bye": return null;
            default: throw new Fault(Map.of("driver", "there is no call `" + request.get("call") + "` in version " + PROTOCOL));
        }
    }

    private <T> T get(Map<String, Object> request, String key, Class<T> wanted) {
        Object found = held.get((Long) request.get(key));
        if (wanted.isInstance(found)) return wanted.cast(found);
        throw new Fault(Map.of("driver", "the handle " + request.get(key) + " is not held"));
    }

    private Object hello(Map<String, Object> request) {
        if (!Long.valueOf(PROTOCOL).equals(request.get("protocol"))) {
            throw new Fault(Map.of("setup", "this driver speaks version " + PROTOCOL + " of the protocol only"));
        }
        subject = (String) request.get("subject");
        ExecutorService sample = make(subject, 1);
        sample.shutdown();
        boolean unlimited = subject.equals("newCachedThreadPool") || subject.contains("VirtualThread");
        Map<String, Object> support = new HashMap<>();
        for (String capability : List.of("submit", "concurrency", "timeout", "exceptions", "shutdown", "nested")) {
            support.put(capability, "native");
        }
        Map<String, Object> profile = new HashMap<>(Map.of(
            "kind", "thread", "support", support, "drop_executor", "undeclared", "drop_future", "detaches",
            "cancel", "never", "nested", sample instanceof ForkJoinPool || unlimited ? "progresses" : "deadlocks",
            "start_order", sample instanceof ForkJoinPool ? "any" : "fifo", "queue", "unbounded", "worker_loss", "fatal",
            "worker_limit", !unlimited));
        // As documented: below its core size it starts a thread for each task, whoever is idle.
        boolean core = sample instanceof java.util.concurrent.ThreadPoolExecutor pool && pool.getCorePoolSize() > 0;
        profile.put("worker_start", core ? "with-each-task" : "undeclared");
        Runtime.Version version = Runtime.version();
        String number = version.feature() + "." + version.interim() + "." + version.update();
        return Map.of("protocol", PROTOCOL, "language", "Java", "version", number,
            "versions", System.getProperty("java.vm.name") + " " + version, "profile", profile);
    }

    private Object open(Map<String, Object> request) {
        if (request.get("initialiser") != null || request.get("max_tasks_per_worker") != null) {
            throw new Fault("unsupported");
        }
        Opened opened = new Opened(make(subject, ((Long) request.get("workers")).intValue()));
        held.put((Long) request.get("executor"), opened);
        Opened.TABLE.put(Json.object(request.get("house")).get("key") + "/" + request.get("number"), opened);
        return null;
    }

    /** `newFixedThreadPool` and its like of {@link Executors}, `ForkJoinPool`, or `CLASS.METHOD` with or without an int. */
    private static ExecutorService make(String factory, int workers) {
        try {
            if (factory.equals("ForkJoinPool")) return new ForkJoinPool(workers);
            int dot = factory.lastIndexOf('.');
            Class<?> owner = dot < 0 ? Executors.class : Class.forName(factory.substring(0, dot));
            String method = factory.substring(dot + 1);
            try {
                return (ExecutorService) owner.getMethod(method, int.class).invoke(null, workers);
            } catch (NoSuchMethodException none) {
                return (ExecutorService) owner.getMethod(method).invoke(null);
            }
        } catch (java.lang.reflect.InvocationTargetException thrown) {
            if (thrown.getCause() instanceof RuntimeException error) throw error;
            throw new Fault(Map.of("setup", "`" + factory + "` fails: " + thrown.getCause()));
        } catch (ReflectiveOperationException | ClassCastException error) {
            if (factory.contains("VirtualThread") && Runtime.version().feature() < 21) {
                throw new Fault(Map.of("not_installed", Map.of("what", "a Java with virtual threads (21 or later; this is "
                    + Runtime.version() + ")", "install", "apt install openjdk-21-jdk-headless, or set JAVA_HOME")));
            }
            throw new Fault(Map.of("setup", "`" + factory + "` is no factory of an ExecutorService under Java " + Runtime.version()
                + " (" + error + "); write newFixedThreadPool, newCachedThreadPool, ForkJoinPool, newVirtualThreadPerTaskExecutor"
                + " (Java 21), or CLASS.METHOD of a class on CLASSPATH"));
        }
    }

    static Map<String, Object> raised(Throwable error) {
        String kind = error.getClass().getSimpleName();
        // The API's own errors under the names that the contract has for them.
        if (error instanceof TimeoutException) kind = "TimeoutError";
        if (error instanceof CancellationException) kind = "CancelledError";
        return Map.of("kind", kind, "message", String.valueOf(error.getMessage()));
    }

    private static void printStacks() {
        Thread.getAllStackTraces().forEach((thread, stack) -> {
            System.err.println("Thread " + thread.getName());
            for (StackTraceElement frame : stack) System.err.println("  " + frame);
        });
    }

    private static void onSignal(String name, Runnable body) {
        sun.misc.Signal.handle(new sun.misc.Signal(name), signal -> body.run());
    }
}

/** A call that did not return what it was asked for. */
final class Fault extends RuntimeException {
    final transient Object wire;

    Fault(Object wire) {
        super(String.valueOf(wire));
        this.wire = wire;
    }
}

/** An open executor. */
final class Opened {
    /** The open executors by house and number, where tasks that submit to their own find it. */
    static final Map<String, Opened> TABLE = new ConcurrentHashMap<>();
    final ExecutorService executor;

    Opened(ExecutorService executor) {
        this.executor = executor;
    }

    Submitted submit(Map<String, Object> probe) {
        Probe task = new Probe(probe);
        try {
            return new Submitted(task.started, executor.submit(task));
        } catch (RejectedExecutionException error) {
            throw new Fault(Map.of("refused", executor.isShutdown() ? "shutdown" : Map.of("other", PoolproofDriver.raised(error))));
        }
    }

    void shutdown(boolean wait, boolean cancelFutures) throws InterruptedException {
        if (cancelFutures) throw new Fault("unsupported");
        executor.shutdown();
        while (wait && !executor.awaitTermination(1, TimeUnit.HOURS)) {
            // Without a limit it waits until the end.
        }
    }
}

/** A future, and whether its task has started: Java has no predicate for that before version 19. */
record Submitted(AtomicInteger started, Future<Object> future) {
    Map<String, Object> result(Long micros) throws InterruptedException {
        try {
            Object value = micros == null ? future.get() : future.get(micros, TimeUnit.MICROSECONDS);
            Map<String, Object> ok = new HashMap<>();
            ok.put("Ok", Probe.encode(value));
            return ok;
        } catch (TimeoutException passed) {
            throw new Fault("timed_out");
        } catch (CancellationException cancelled) {
            return Map.of("Err", "cancelled");
        } catch (ExecutionException failed) {
            return Map.of("Err", Map.of("raised", PoolproofDriver.raised(original(failed.getCause()))));
        }
    }

    /** How much the stored error holds: the frames of its trace, and what was suppressed in its favour. */
    long errorWeight() throws InterruptedException {
        try {
            future.get();
            return 0;
        } catch (ExecutionException failed) {
            Throwable error = original(failed.getCause());
            return error.getStackTrace().length + error.getSuppressed().length;
        }
    }

    /**
     * The error that the task raised. A fork-join pool hands checked errors over inside of an unchecked one, and
     * others as a copy of the same class, without text where no constructor takes one, whose cause is the original.
     */
    private static Throwable original(Throwable error) {
        Throwable cause = error.getCause();
        boolean wraps = cause != null && (error.getClass() == RuntimeException.class || error.getClass() == cause.getClass());
        return wraps ? original(cause) : error;
    }

    Map<String, Object> state() {
        boolean done = future.isDone();
        return Map.of("running", !done && started.get() > 0, "done", done, "cancelled", future.isCancelled());
    }
}

class ProbeError extends RuntimeException {
    ProbeError(String message) {
        super(message);
    }
}

final class FalsyError extends ProbeError {
    FalsyError(String message) {
        super(message);
    }
}

final class SystemExit extends Error {
    SystemExit(String message) {
        super(message);
    }
}

final class KeyboardInterrupt extends Error {
    KeyboardInterrupt(String message) {
        super(message);
    }
}

final class StopIteration extends ProbeError {
    StopIteration(String message) {
        super(message);
    }
}

final class UnserialisableError extends ProbeError {
    UnserialisableError(String message) {
        super(message);
    }
}

final class UnrebuildableError extends ProbeError {
    UnrebuildableError(String message) {
        super(message);
    }
}

/** The connection of one body to its gatehouse; a house that is gone is told nothing. */
final class Witness implements AutoCloseable {
    private final Object actor;
    private SocketChannel stream;
    private BufferedReader answers;

    Witness(Map<String, Object> house, Object actor) {
        this.actor = actor;
        String path = (String) house.get("path");
        if (path.isEmpty()) return;
        try {
            stream = PoolproofDriver.connect(path);
            answers = PoolproofDriver.reader(stream);
        } catch (IOException gone) {
            close();
        }
    }

    void note(Object moment) {
        ask(Map.of("note", event(moment)));
    }

    void pass(Object gate) {
        ask(Map.of("pass", gate, "note", event(Map.of("arrived", gate))));
        note(Map.of("passed", gate));
    }

    private Map<String, Object> event(Object moment) {
        long[] identity = Probe.identity();
        return Map.of("at_ns", System.nanoTime(), "actor", actor, "moment", moment, "pid", identity[0], "tid", identity[1]);
    }

    private void ask(Object request) {
        if (stream == null) return;
        try {
            PoolproofDriver.send(stream, request);
            answers.readLine();
        } catch (IOException over) {
            close();
        }
    }

    @Override
    public void close() {
        try {
            if (stream != null) stream.close();
        } catch (IOException gone) {
            // Nothing is left to be told.
        }
        stream = null;
    }
}

/** The task of a check. */
final class Probe implements Callable<Object> {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final AtomicInteger WATCHED = new AtomicInteger();
    final AtomicInteger started = new AtomicInteger();
    private final Map<String, Object> probe;
    private final Object value;
    private final Object canary;

    Probe(Map<String, Object> probe) {
        this.probe = probe;
        this.value = decode(probe.get("value"));
        this.canary = Boolean.TRUE.equals(probe.get("canary")) ? canary(Json.object(probe.get("house")), probe.get("label")) : null;
    }

    /** An object whose release is noted. As long as one is watched, garbage is collected all the time. */
    private static Object canary(Map<String, Object> house, Object label) {
        Object watched = new Object();
        CLEANER.register(watched, () -> {
            WATCHED.decrementAndGet();
            try (Witness witness = new Witness(house, Map.of("task", label))) {
                witness.note("released");
            }
        });
        if (WATCHED.getAndIncrement() == 0) {
            Thread collector = new Thread(() -> {
                while (WATCHED.get() > 0) System.gc();
            }, "collector");
            collector.setDaemon(true);
            collector.start();
        }
        return watched;
    }

    @Override
    public Object call() throws Exception {
        started.incrementAndGet();
        try (Witness witness = new Witness(Json.object(probe.get("house")), Map.of("task", probe.get("label")))) {
            witness.note("started");
            for (Object step : (List<?>) probe.get("steps")) {
                Map.Entry<String, Object> one = Json.object(step).entrySet().iterator().next();
                perform(one.getKey(), one.getValue(), witness);
            }
            witness.note("finished");
        }
        if ("who_am_i".equals(value)) return identity();
        return "canary_reply".equals(value) ? canary : value;
    }

    private void perform(String step, Object content, Witness witness) throws Exception {
        switch (step) {
            case "note" -> witness.note(Map.of("noted", content));
            case "pass" -> witness.pass(content);
            case "sleep" -> TimeUnit.MICROSECONDS.sleep((Long) content);
            case "spin" -> {
                long end = System.nanoTime() + (Long) content * 1000;
                while (System.nanoTime() < end) Thread.onSpinWait();
            }
            case "fail" -> {
                witness.note("finished");
                throw failure((String) content, "probe fails on purpose");
            }
            case "die" -> die(content);
            case "submit", "submit_and_wait", "shutdown" -> witness.note(Map.of("noted", inside(step, Json.object(content))));
            default -> throw new IllegalArgumentException("unknown step " + step);
        }
    }

    /** What a task notes that reaches its own executor. */
    private String inside(String step, Map<String, Object> content) throws InterruptedException {
        Opened opened = Opened.TABLE.get(Json.object(probe.get("house")).get("key") + "/" + probe.get("executor"));
        if (opened == null) return "the executor is gone";
        Object label = content.get("label");
        try {
            switch (step) {
                case "submit":
                    opened.submit(content);
                    return "submitted " + label;
                case "submit_and_wait": {
                    Map<String, Object> outcome = opened.submit(content).result(null);
                    Object ok = outcome.get("Ok");
                    return "child " + label + ": " + (ok == null ? outcome.get("Err") : described(ok));
                }
                default:
                    // `shutdown` does not wait; that is `awaitTermination`, which no task can call for its own executor.
                    opened.shutdown(false, (Boolean) content.get("cancel_futures"));
                    return "shutdown returned";
            }
        } catch (Fault fault) {
            String said = "unsupported".equals(fault.wire) ? "not offered by this executor" : "refused: the executor has been shut down";
            return (step.equals("shutdown") ? "shutdown refused: " : "refused " + label + ": ") + said;
        }
    }

    private static String described(Object value) {
        if (!(value instanceof Map<?, ?> map)) return "none".equals(value) ? "None" : String.valueOf(value);
        Object number = map.get("int");
        return number == null ? String.valueOf(map) : "Int(" + number + ")";
    }

    private static Throwable thrown(String how, String text) {
        return switch (how) {
            case "falsy" -> new FalsyError(text);
            case "exit" -> new SystemExit(text);
            case "interrupt" -> new KeyboardInterrupt(text);
            case "stop_iteration" -> new StopIteration(text);
            case "timeout" -> new TimeoutException(text);
            case "cancelled" -> new CancellationException(text);
            case "unserialisable" -> new UnserialisableError(text);
            case "unrebuildable" -> new UnrebuildableError(text);
            default -> new ProbeError(text);
        };
    }

    private static Exception failure(String how, String text) {
        Throwable thrown = thrown(how, text);
        if (thrown instanceof Error error) throw error;
        return (Exception) thrown;
    }

    private static void die(Object how) throws IOException, InterruptedException {
        if (how instanceof Map<?, ?> exit) Runtime.getRuntime().halt(((Long) exit.get("exit")).intValue());
        String signal = how.equals("kill") ? "-KILL" : "-ABRT";
        new ProcessBuilder("kill", signal, String.valueOf(ProcessHandle.current().pid())).start().waitFor();
    }

    /** Process and thread, as the operating system numbers them. */
    static long[] identity() {
        try {
            Path thread = Files.readSymbolicLink(Path.of("/proc/thread-self"));
            return new long[] {ProcessHandle.current().pid(), Long.parseLong(thread.getFileName().toString())};
        } catch (IOException unknown) {
            return new long[] {ProcessHandle.current().pid(), Thread.currentThread().getId()};
        }
    }

    private static Object decode(Object value) {
        if (!(value instanceof Map<?, ?> map) || !map.containsKey("payload")) return value;
        List<?> payload = (List<?>) map.get("payload");
        return new Payload((Long) payload.get(1), repeat(((Long) payload.get(0)).intValue(), (Long) payload.get(1)));
    }

    static Object encode(Object value) {
        if (value == null) return "none";
        if (value instanceof long[] identity) return Map.of("identity", Map.of("pid", identity[0], "tid", identity[1]));
        if (value instanceof Payload payload) {
            if (!Arrays.equals(payload.bytes, repeat(payload.bytes.length, payload.seed))) {
                throw new Fault(Map.of("raised", Map.of("kind", "DamagedPayload", "message", "the payload was damaged")));
            }
            return Map.of("payload", List.of(payload.bytes.length, new Json.Unsigned(payload.seed)));
        }
        if ("unserialisable_reply".equals(value)) return Json.single("unserialisable", null);
        if ("unrebuildable_reply".equals(value)) return Json.single("unrebuildable", null);
        return value instanceof String || value instanceof Map ? value : Map.of("canary", false);
    }

    private static byte[] repeat(int length, long seed) {
        byte[] bytes = new byte[length];
        for (int place = 0; place < length; place++) bytes[place] = (byte) (seed >>> 8 * (place % 8));
        return bytes;
    }

    private record Payload(long seed, byte[] bytes) { }
}

/** Bulk measurement: nothing of the driver runs between the first and the last stamp. */
final class Rounds {
    private static double turnsPerMicro;
    private static volatile long sink;

    static Object run(ExecutorService executor, Map<String, Object> spec) throws Exception {
        int count = ((Long) spec.get("tasks")).intValue();
        List<Callable<Long>> tasks = new ArrayList<>(count);
        for (long number = 0; number < count; number++) tasks.add(task(number, spec));
        Object dispatch = spec.get("dispatch");
        Map<String, Object> special = dispatch instanceof Map ? Json.object(dispatch) : Map.of();
        Long gap = (Long) special.get("after_gap"), period = (Long) special.get("stamped");
        if (!special.isEmpty() && gap == null && period == null) throw new Fault("unsupported");
        long[] results = new long[count];
        List<Long> trips = new ArrayList<>();
        long[][] stamps = new long[period == null ? 0 : count][];
        long start = System.nanoTime();
        try {
            if (period != null) {
                stamped(executor, tasks, period, results, stamps);
            } else if ("submit".equals(dispatch)) {
                List<Future<Long>> futures = new ArrayList<>(count);
                for (Callable<Long> task : tasks) futures.add(executor.submit(task));
                for (int place = 0; place < count; place++) results[place] = futures.get(place).get();
            } else {
                for (int place = 0; place < count; place++) {
                    if (gap != null) TimeUnit.MICROSECONDS.sleep(gap);
                    long begin = System.nanoTime();
                    results[place] = executor.submit(tasks.get(place)).get();
                    trips.add(System.nanoTime() - begin);
                }
            }
        } catch (ExecutionException failed) {
            throw new Fault(Map.of("wrong", "the task raised " + failed.getCause()));
        }
        long elapsed = System.nanoTime() - start;
        for (int place = 0; place < count; place++) {
            if (results[place] != mix(place)) throw new Fault(Map.of("wrong", "task " + place + " answered " + results[place]));
        }
        List<List<Long>> told = Arrays.stream(stamps).map(one -> Arrays.stream(one).boxed().toList()).toList();
        return Map.of("elapsed_ns", elapsed, "trips_ns", trips, "stamps", told);
    }

    /** Stamps the moments of each task: one at a time, or one every `period` nanoseconds, whatever has become of those before. */
    private static void stamped(ExecutorService executor, List<Callable<Long>> tasks, long period, long[] results, long[][] stamps)
        throws ExecutionException, InterruptedException {
        int count = tasks.size();
        long origin = System.nanoTime();
        LinkedBlockingQueue<Future<Long>> submitted = new LinkedBlockingQueue<>();
        FutureTask<Void> collecting = new FutureTask<>(() -> {
            for (int place = 0; place < count; place++) collect(submitted.take(), place, results, stamps[place], origin);
            return null;
        });
        Thread collector = new Thread(collecting, "collector of a round");
        if (period > 0) collector.start();
        for (int place = 0; place < count; place++) {
            long[] moments = stamps[place] = new long[7];
            Callable<Long> task = tasks.get(place);
            if (period > 0) {
                moments[0] = place * period;
                TimeUnit.NANOSECONDS.sleep(Math.max(0, origin + moments[0] - System.nanoTime()));
            }
            moments[1] = System.nanoTime() - origin;
            Future<Long> future = executor.submit(() -> {
                moments[3] = System.nanoTime() - origin;
                long value = task.call();
                moments[4] = System.nanoTime() - origin;
                return value;
            });
            moments[2] = System.nanoTime() - origin;
            if (period > 0) {
                submitted.put(future);
            } else {
                moments[0] = moments[1];
                collect(future, place, results, moments, origin);
            }
        }
        if (period > 0) collecting.get();
    }

    /** Takes a result; when its future was done nothing tells, so that moment stays 0. */
    private static void collect(Future<Long> future, int place, long[] results, long[] moments, long origin)
        throws ExecutionException, InterruptedException {
        results[place] = future.get();
        moments[6] = System.nanoTime() - origin;
    }

    private static Callable<Long> task(long number, Map<String, Object> spec) {
        if (!(spec.get("workload") instanceof Map<?, ?> workload)) return () -> mix(number);
        Map.Entry<?, ?> one = workload.entrySet().iterator().next();
        long amount = (Long) one.getValue();
        switch ((String) one.getKey()) {
            case "cpu": {
                long turns = (long) (amount * calibrated());
                return () -> { sink = spin(turns); return mix(number); };
            }
            case "sleep": return () -> { TimeUnit.MICROSECONDS.sleep(amount); return mix(number); };
            case "socket": {
                int port = ((Long) spec.get("port")).intValue();
                return () -> { echo(port, amount); return mix(number); };
            }
            case "file": return () -> { store(amount); return mix(number); };
            case "hash": return () -> { hash(amount); return mix(number); };
            case "io90": return mixed(number, amount, 0.1);
            case "cpu90": return mixed(number, amount, 0.9);
            default: return uneven(number, (String) one.getKey(), amount, ((Long) spec.get("tasks")));
        }
    }

    private static Callable<Long> mixed(long number, long micros, double computes) {
        long turns = (long) (micros * computes * calibrated());
        long sleeps = (long) (micros * (1 - computes));
        return () -> { TimeUnit.MICROSECONDS.sleep(sleeps); sink = spin(turns); return mix(number); };
    }

    /** Computes for a time that depends on the number of the task. */
    private static Callable<Long> uneven(long number, String law, long mean, long count) {
        double place = (number + 0.5) * 0.6180339887498949 % 1.0;
        double factor = switch (law) {
            case "exponential" -> -Math.log(1 - place);
            case "bimodal" -> place < 0.9 ? 0.5 : 5.5;
            case "pareto" -> Math.pow(1 - place, -1 / 1.5) / 3;
            case "ascending" -> 2 * (number + 0.5) / count;
            case "descending" -> 2 * (count - number - 0.5) / count;
            case "cyclic" -> (number % 10 + 0.5) / 5;
            default -> throw new Fault("unsupported");
        };
        long turns = (long) (mean * factor * calibrated());
        return () -> { sink = spin(turns); return mix(number); };
    }

    private static void hash(long kib) throws java.security.NoSuchAlgorithmException {
        java.security.MessageDigest digest = java.security.MessageDigest.getInstance("SHA-256");
        byte[] block = new byte[1024];
        for (long done = 0; done < kib; done++) digest.update(block);
        sink = digest.digest()[0];
    }

    private static void echo(int port, long trips) throws IOException {
        try (java.net.Socket socket = new java.net.Socket("127.0.0.1", port)) {
            socket.setTcpNoDelay(true);
            for (long trip = 0; trip < trips; trip++) {
                socket.getOutputStream().write(7);
                if (socket.getInputStream().read() != 7) throw new IOException("the echo server sent something else");
            }
        }
    }

    private static void store(long kib) throws IOException {
        byte[] block = new byte[(int) kib * 1024];
        Arrays.fill(block, (byte) 7);
        Path file = Files.createTempFile("poolproof", null);
        try {
            Files.write(file, block);
            if (!Arrays.equals(Files.readAllBytes(file), block)) throw new IOException("the file came back changed");
        } finally {
            Files.delete(file);
        }
    }

    private static long spin(long turns) {
        long state = turns | 1;
        for (long turn = 0; turn < turns; turn++) {
            state ^= state << 13;
            state ^= state >>> 7;
            state ^= state << 17;
        }
        return state;
    }

    /** Turns per microsecond: the fastest of several runs, once the loop is compiled. */
    private static synchronized double calibrated() {
        for (int run = 0; turnsPerMicro == 0 || run < 30 && run > 0; run++) {
            long start = System.nanoTime();
            sink = spin(200_000);
            turnsPerMicro = Math.max(turnsPerMicro, 200_000_000.0 / Math.max(System.nanoTime() - start, 1));
        }
        return turnsPerMicro;
    }

    static long mix(long number) {
        long mixed = (number ^ number >>> 30) * 0xbf58476d1ce4e5b9L;
        return (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
    }
}

/** JSON, as far as the protocol needs it: whole numbers, texts, truth values, lists and objects. */
final class Json {
    private final String text;
    private int place;

    /** A number that uses all 64 bits. */
    record Unsigned(long number) {
        @Override
        public String toString() {
            return Long.toUnsignedString(number);
        }
    }

    private Json(String text) {
        this.text = text;
    }

    static Object parse(String text) {
        return new Json(text).value();
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    static Map<String, Object> single(String key, Object value) {
        Map<String, Object> object = new HashMap<>();
        object.put(key, value);
        return object;
    }

    private char skip() {
        while (Character.isWhitespace(text.charAt(place)) || text.charAt(place) == ',' || text.charAt(place) == ':') place++;
        return text.charAt(place);
    }

    private Object value() {
        switch (skip()) {
            case '{': {
                Map<String, Object> object = new HashMap<>();
                for (place++; skip() != '}';) {
                    String key = string();
                    object.put(key, value());
                }
                place++;
                return object;
            }
            case '[': {
                List<Object> list = new ArrayList<>();
                for (place++; skip() != ']';) list.add(value());
                place++;
                return list;
            }
            case '"': return string();
            default: {
                int start = place;
                while (place < text.length() && ",]}: \t".indexOf(text.charAt(place)) < 0) place++;
                String word = text.substring(start, place);
                return switch (word) {
                    case "null" -> null;
                    case "true" -> true;
                    case "false" -> false;
                    // Seeds use all 64 bits.
                    default -> word.startsWith("-") ? Long.parseLong(word) : Long.parseUnsignedLong(word);
                };
            }
        }
    }

    private String string() {
        StringBuilder read = new StringBuilder();
        for (place++; text.charAt(place) != '"'; place++) {
            char letter = text.charAt(place);
            if (letter == '\\') {
                letter = text.charAt(++place);
                int escape = "nrtbf".indexOf(letter);
                if (escape >= 0) {
                    letter = "\n\r\t\b\f".charAt(escape);
                } else if (letter == 'u') {
                    letter = (char) Integer.parseInt(text.substring(place + 1, place + 5), 16);
                    place += 4;
                }
            }
            read.append(letter);
        }
        place++;
        return read.toString();
    }

    static String write(Object value) {
        StringBuilder written = new StringBuilder();
        write(value, written);
        return written.toString();
    }

    private static void write(Object value, StringBuilder written) {
        if (value instanceof String text) {
            written.append('"');
            for (char letter : text.toCharArray()) {
                if (letter == '"' || letter == '\\') written.append('\\').append(letter);
                else if (letter < ' ') written.append(String.format("\\u%04x", (int) letter));
                else written.append(letter);
            }
            written.append('"');
        } else if (value instanceof Map<?, ?> map) {
            String separator = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                written.append(separator);
                write(entry.getKey(), written);
                written.append(':');
                write(entry.getValue(), written);
                separator = ",";
            }
            written.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> list) {
            String separator = "[";
            for (Object one : list) {
                written.append(separator);
                write(one, written);
                separator = ",";
            }
            written.append(list.isEmpty() ? "[]" : "]");
        } else {
            written.append(value);
        }
    }
}
