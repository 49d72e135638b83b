//! Limits: how much of everything there may be.

use crate::doctor::Facts;
use crate::doctor::rule::Judgement;
use crate::units;

pub(super) const CPU_QUOTA: &str =
    "A process that has used up its cgroup's quota sleeps until the next period, often 100 ms.";

pub(super) fn cpu_quota(facts: &Facts) -> Judgement {
    let Some(quota) = facts.host.quota_cpus() else {
        return Judgement::unknown("no cgroup tells");
    };
    if quota.is_infinite() {
        return Judgement::ok("none");
    }
    let allowed = facts.host.cpus_allowed.as_ref().map_or(1, Vec::len);
    let stopped = facts.cgroup.as_ref().and_then(|cgroup| cgroup.throttled).unwrap_or(0);
    let stops =
        if stopped > 0 { format!(", {stopped} periods stopped so far") } else { String::new() };
    let value = format!("{quota} CPUs' worth of time{stops}");
    // What is measured uses two CPUs at most, unless more threads are asked for.
    let judgement = match allowed {
        _ if quota >= allowed as f64 => return Judgement::ok(value),
        _ if quota >= 2.0 => Judgement::note(value),
        _ => Judgement::warning(value),
    };
    match (facts.host.container.as_deref(), &facts.cgroup) {
        (Some("docker"), _) => {
            let name = facts.host.hostname.as_deref().filter(|name| is_plain(name));
            let cpus = facts.host.cpus_online.unwrap_or(1);
            judgement
                .advice("On the host of the container:")
                .command(format!("docker update --cpus={cpus} {}", name.unwrap_or("CONTAINER")))
        }
        (None, Some(cgroup)) => lifted(judgement, &cgroup.quota_file),
        _ => judgement.advice("Ask whoever started the container to lift it while you measure."),
    }
}

/// How a quota is lifted: through systemd where the cgroup is a unit of its, which would set it again.
fn lifted(judgement: Judgement, file: &str) -> Judgement {
    const UNITS: [&str; 3] = [".service", ".scope", ".slice"];
    if !is_plain(file) {
        return judgement.advice("Raise or remove it while you measure.");
    }
    let unit = file.rsplit('/').nth(1).filter(|name| UNITS.iter().any(|end| name.ends_with(end)));
    judgement.command(match unit {
        Some(unit) => format!("sudo systemctl set-property --runtime {unit} CPUQuota="),
        None if file.ends_with("cpu.cfs_quota_us") => format!("echo -1 | sudo tee {file}"),
        None => format!("echo max | sudo tee {file}"),
    })
}

/// Whether a shell takes a word for itself, and a person too.
fn is_plain(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-@:".contains(c);
    !word.is_empty() && !word.starts_with('-') && word.chars().all(plain)
}

pub(super) const PORT_RANGE: &str =
    "Each TCP connection that ends keeps its port for a minute; without a free port none begins.";

pub(super) fn port_range(facts: &Facts) -> Judgement {
    let Some([first, last]) = facts.network.port_range else {
        return Judgement::unknown("it cannot be read");
    };
    let ports = u64::from(last.saturating_sub(first)) + 1;
    let waiting = facts.network.time_wait;
    let tail = waiting.map_or(String::new(), |count| format!(", {count} connections in TIME_WAIT"));
    let value = format!("{first} to {last}, {ports} ports{tail}");
    let wider = "sudo sysctl -w net.ipv4.ip_local_port_range=\"10000 65535\"";
    if waiting.unwrap_or(0).saturating_mul(2) > ports {
        Judgement::warning(value).advice("Wait a minute, or allow more:").command(wider)
    } else if ports < 16_384 {
        Judgement::note(value).command(wider)
    } else {
        Judgement::ok(value)
    }
}

pub(super) const ACCEPT_QUEUE: &str =
    "Connections beyond it wait or are refused until the server has accepted others.";

pub(super) fn accept_queue(facts: &Facts) -> Judgement {
    let Some(most) = facts.network.somaxconn else {
        return Judgement::unknown("it cannot be read");
    };
    let half_open = facts.network.syn_backlog;
    let tail = half_open.map_or(String::new(), |count| format!(", {count} half open"));
    let value = format!("{most} (somaxconn){tail}");
    if most < 1_024 {
        Judgement::note(value).command("sudo sysctl -w net.core.somaxconn=4096")
    } else {
        Judgement::ok(value)
    }
}

/// Buffers below this limit the throughput of large messages.
const BUFFER_LEAST: u64 = 1 << 20;

pub(super) const SOCKET_BUFFERS: &str =
    "A Unix socket has the default, and no socket can ask for more than the largest (--buffers).";

pub(super) fn socket_buffers(facts: &Facts) -> Judgement {
    let (Some(receive), Some(send)) = (facts.network.receive_buffer, facts.network.send_buffer)
    else {
        return Judgement::unknown("they cannot be read");
    };
    let words = |[default, most]: [u64; 2]| {
        format!("{}, at most {}", units::bytes(default), units::bytes(most))
    };
    let value = if receive == send {
        words(send)
    } else {
        format!("send {}; receive {}", words(send), words(receive))
    };
    if receive[1].min(send[1]) < BUFFER_LEAST {
        Judgement::note(value)
            .command("sudo sysctl -w net.core.rmem_max=4194304 net.core.wmem_max=4194304")
    } else {
        Judgement::ok(value)
    }
}

pub(super) const TCP_BUFFERS: &str =
    "TCP grows its buffers and Unix does not: compare throughput with --buffers equal, too.";

pub(super) fn tcp_buffers(facts: &Facts) -> Judgement {
    let (Some([_, receive, receive_most]), Some([_, send, send_most])) =
        (facts.network.tcp_receive_buffer, facts.network.tcp_send_buffer)
    else {
        return Judgement::unknown("they cannot be read");
    };
    let words = |first, most| format!("{} growing to {}", units::bytes(first), units::bytes(most));
    let value =
        format!("send {}, receive {}", words(send, send_most), words(receive, receive_most));
    // The kernel's own, on a machine with memory enough.
    if receive_most < BUFFER_LEAST {
        Judgement::note(value).command("sudo sysctl -w net.ipv4.tcp_rmem=\"4096 131072 6291456\"")
    } else if send_most < BUFFER_LEAST {
        Judgement::note(value).command("sudo sysctl -w net.ipv4.tcp_wmem=\"4096 16384 4194304\"")
    } else {
        Judgement::ok(value)
    }
}

pub(super) const DATAGRAM_QUEUE: &str =
    "A Unix datagram socket takes so many messages; who sends one more waits for the reader.";

pub(super) fn datagram_queue(facts: &Facts) -> Judgement {
    let Some(most) = facts.network.datagram_queue else {
        return Judgement::unknown("it cannot be read");
    };
    if most < 64 {
        Judgement::note(format!("{most} messages"))
            .command("sudo sysctl -w net.unix.max_dgram_qlen=512")
    } else {
        Judgement::ok(format!("{most} messages"))
    }
}

pub(super) const DESCRIPTORS: &str =
    "Each connection takes a descriptor on either side, and sockscope goes up to the hard limit.";

pub(super) fn descriptors(facts: &Facts) -> Judgement {
    let Some([soft, hard]) = facts.permissions.descriptors else {
        return Judgement::unknown("the limit cannot be read");
    };
    let value = format!("{soft}, hard limit {hard}");
    if hard < 4_096 {
        Judgement::note(value)
            .advice("For this shell and what it starts:")
            .command("sudo prlimit --pid $$ --nofile=65536:65536")
    } else {
        Judgement::ok(value)
    }
}
