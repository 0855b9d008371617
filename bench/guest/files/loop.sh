# What the row "shell" runs: variables, arithmetic, tests, a pipe and a process in every 20th turn.
i=0
sum=0
while [ $i -lt 3000 ]; do
    case $i in
        *7) sum=$((sum + i * 3)) ;;
        *3 | *5) sum=$((sum - i)) ;;
        *) word="a$i"; sum=$((sum + ${#word})) ;;
    esac
    if [ $((i % 20)) -eq 0 ]; then
        sum=$(echo "$sum" | /bin/busybox tr 0-8 1-9)
        sum=$((1$sum % 1000003))
    fi
    i=$((i + 1))
done
echo $sum
