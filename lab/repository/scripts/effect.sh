# Appends what this package just did to the host's ground truth: one line of five fields.
effect() {
    mkdir -p /var/log/fettle-lab
    printf '%s %s %s %s %s\n' "@PACKAGE@" "@VERSION@" "$1" \
        "$(cat /proc/sys/kernel/random/boot_id)" "$(cut -d' ' -f1 /proc/uptime)" \
        >>/var/log/fettle-lab/effects
}
