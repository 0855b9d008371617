/* What the row "gcc" compiles; it includes nothing. */

typedef unsigned long word;

struct node {
    struct node *left, *right;
    word key, count;
};

static struct node pool[4096];
static word used;

static struct node *insert(struct node *n, word key)
{
    if (!n) {
        n = &pool[used++ & 4095];
        n->left = n->right = 0;
        n->key = key;
        n->count = 1;
        return n;
    }
    if (key < n->key)
        n->left = insert(n->left, key);
    else if (key > n->key)
        n->right = insert(n->right, key);
    else
        n->count++;
    return n;
}

static word depth(const struct node *n)
{
    word l, r;
    if (!n)
        return 0;
    l = depth(n->left);
    r = depth(n->right);
    return 1 + (l > r ? l : r);
}

static double polynomial(const double *c, int n, double x)
{
    double sum = 0;
    for (int i = n - 1; i >= 0; i--)
        sum = sum * x + c[i];
    return sum;
}

int classify(int c)
{
    switch (c) {
    case ' ': case '\t': case '\n':
        return 1;
    case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        return 2;
    case '+': case '-': case '*': case '/':
        return 3;
    default:
        return (c | 32) >= 'a' && (c | 32) <= 'z' ? 4 : 0;
    }
}

long evaluate(const char *s)
{
    long stack[64];
    int top = 0;
    for (; *s; s++) {
        switch (classify(*s)) {
        case 2:
            if (top < 64)
                stack[top++] = *s - '0';
            break;
        case 3:
            if (top > 1) {
                long b = stack[--top], a = stack[top - 1];
                stack[top - 1] = *s == '+' ? a + b : *s == '-' ? a - b : *s == '*' ? a * b : b ? a / b : 0;
            }
            break;
        default:
            break;
        }
    }
    return top ? stack[top - 1] : 0;
}

void multiply(double a[16][16], double b[16][16], double c[16][16])
{
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 16; j++) {
            c[i][j] = 0;
            for (int k = 0; k < 16; k++)
                c[i][j] += a[i][k] * b[k][j];
        }
}

word work(word seed, const double *c, double *out)
{
    struct node *root = 0;
    for (int i = 0; i < 1000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        root = insert(root, seed & 1023);
        out[i & 15] += polynomial(c, 9, (double)(seed & 255));
    }
    return depth(root);
}
